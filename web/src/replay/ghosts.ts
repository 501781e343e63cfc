// Ghosts are the drones of another run, drawn where they were at the moment on
// screen, with the path they took.
import { type Signal, signal } from "@preact/signals";
import { type Flight, flightAt, getFlight } from "../api/history";
import type { App } from "../app";
import type { Layer } from "../world/layer";

/** Flights fetched for a comparison. */
const MOST = 20;
const PATH_POINTS = 300;

export class Ghosts {
  readonly session: Signal<string> = signal("");
  readonly note = signal("");
  #flights = new Map<string, Flight>();
  #revision = 0;

  constructor(readonly app: App) {}

  /** Compares the drones with the same ids in another run. */
  async show(session: string, ids: readonly string[]): Promise<void> {
    this.session.value = session;
    this.#flights.clear();
    this.#revision++;
    this.note.value = "";
    if (session === "") return;
    const wanted = ids.slice(0, MOST);
    if (wanted.length === 0) {
      this.note.value = "Select the drones to compare first.";
      return;
    }
    const answers = await Promise.all(wanted.map((id) => getFlight(session, id)));
    if (this.session.value !== session) return;
    answers.forEach((a, i) => {
      if (a.ok) this.#flights.set(wanted[i] ?? "", a.value);
    });
    this.#revision++;
    const missing = wanted.length - this.#flights.size;
    this.note.value =
      this.#flights.size === 0
        ? "The other run has none of these drones."
        : `${this.#flights.size} ghosts${missing > 0 ? `, ${missing} drones are not in the other run` : ""}${ids.length > MOST ? `; the first ${MOST} of ${ids.length} are shown` : ""}.`;
  }

  /** How far a drone is from its ghost now, metres. */
  distance(id: string): number | undefined {
    const f = this.#flights.get(id);
    const s = this.app.fleet.slotOf(id);
    const g = f && flightAt(f, this.app.shownTime());
    if (!g || s === undefined) return undefined;
    const { fleet } = this.app;
    return Math.hypot((fleet.x[s] ?? 0) - g.x, (fleet.y[s] ?? 0) - g.y, (fleet.z[s] ?? 0) - g.z);
  }

  readonly layer: Layer = {
    key: () => `${this.#revision}${this.#flights.size > 0 ? this.app.shownTime() : ""}`,
    draw: (pen) => {
      const t = this.app.shownTime();
      for (const [id, f] of this.#flights) {
        const step = Math.max(1, Math.floor(f.time.length / PATH_POINTS));
        let last: { x: number; y: number; z: number } | undefined;
        for (let i = 0; i < f.time.length && (f.time[i] ?? 0) <= t; i += step) {
          const p = { x: f.x[i] ?? 0, y: f.y[i] ?? 0, z: f.z[i] ?? 0 };
          if (last) pen.line(last, p, "replay", 0.45, 1.2);
          last = p;
        }
        const at = flightAt(f, t);
        if (!at) continue;
        if (last) pen.line(last, at, "replay", 0.45, 1.2);
        pen.handle(at, 7, "replay", true);
        pen.post(at, "replay");
        pen.label(`${id} other`, at);
        const s = this.app.fleet.slotOf(id);
        if (s === undefined) continue;
        const { fleet } = this.app;
        pen.dashes(at, { x: fleet.x[s] ?? 0, y: fleet.y[s] ?? 0, z: fleet.z[s] ?? 0 }, "text", 0.5);
      }
    },
  };
}
