// CommandDesk sends commands to drones and gathers what became of them. Nothing
// is queued: without a live link it refuses.
import { type Signal, signal } from "@preact/signals";
import { postCommand } from "../api/rest";
import type { Fleet } from "../live/fleet";
import type { LinkView } from "../live/link";
import type { Command, LiveSocket } from "../live/socket";
import type { Answer, CommandResult } from "../wire/messages";
import type { Targets } from "../world/targets";
import { formationTargets, type Place } from "./formation";

export type CommandType = "takeoff" | "hold" | "goto" | "rtl" | "land";

export interface Outcome {
  readonly title: string;
  readonly asked: number;
  readonly accepted: number;
  /** Refused drones by reason, the commonest first. */
  readonly refused: readonly { readonly reason: string; readonly drones: readonly string[] }[];
  readonly pending: boolean;
}

/** Ids a message: ten thousand would near the limit of 100 kB. */
const CHUNK = 4000;
/** Requests under way at once when each drone gets its own target. */
const AT_ONCE = 6;

export const TITLES: Readonly<Record<CommandType, string>> = {
  takeoff: "Take off",
  hold: "Hold",
  goto: "Go to",
  rtl: "Return",
  land: "Land",
};

export class CommandDesk {
  readonly outcome: Signal<Outcome | undefined> = signal(undefined);

  constructor(
    readonly fleet: Fleet,
    readonly socket: LiveSocket,
    readonly targets: Targets,
    readonly link: () => LinkView,
  ) {}

  /** One command to all of `ids`. */
  async send(
    type: CommandType,
    ids: readonly string[],
    params?: Readonly<Record<string, number>>,
  ): Promise<void> {
    if (ids.length === 0 || !this.#allowed(TITLES[type], ids.length)) return;
    const tally = new Tally(TITLES[type], ids);
    this.outcome.value = tally.outcome(true);
    const chunks: (readonly string[] | "all")[] = [];
    if (ids.length === this.fleet.size && ids.length > 1) chunks.push("all");
    else for (let i = 0; i < ids.length; i += CHUNK) chunks.push(ids.slice(i, i + CHUNK));
    for (const drones of chunks) {
      const command: Command = { id: freshId(), drones, type, ...(params && { params }) };
      tally.take(drones === "all" ? ids : drones, await this.socket.command(command));
    }
    this.targets.remove(tally.acceptedIds);
    this.outcome.value = tally.outcome(false);
  }

  /** Sends the drones to a place on the map, as a formation. One alone comes exactly there. */
  async goTo(ids: readonly string[], to: { x: number; y: number }): Promise<void> {
    const from = new Map<string, Place>();
    for (const id of ids) {
      const s = this.fleet.slotOf(id);
      if (s !== undefined)
        from.set(id, { x: this.fleet.x[s] ?? 0, y: this.fleet.y[s] ?? 0, z: this.fleet.z[s] ?? 0 });
    }
    if (from.size === 0 || !this.#allowed(TITLES.goto, from.size)) return;
    const wanted = formationTargets(from, to);
    const tally = new Tally(TITLES.goto, [...wanted.keys()]);
    this.outcome.value = tally.outcome(true);
    const waiting = [...wanted];
    // A socket may send twenty events a second; a formation needs one command a
    // drone, so these go over REST, a few at a time.
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [id, p] = next;
        if (!this.link().commands) {
          tally.take([id], { ok: false, message: "The connection was lost. Nothing was sent." });
          continue;
        }
        const command: Command = {
          id: freshId(),
          drones: [id],
          type: "goto",
          params: { x: p.x, y: p.y, z: p.z },
        };
        const answer = wanted.size === 1 ? await this.socket.command(command) : await postCommand(command);
        tally.take([id], answer);
        if (answer.ok && answer.value.accepted.includes(id)) {
          this.targets.set(id, { ...p, since: performance.now() / 1000 });
        }
        this.outcome.value = tally.outcome(true);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.outcome.value = tally.outcome(false);
  }

  dismiss(): void {
    this.outcome.value = undefined;
  }

  #allowed(title: string, asked: number): boolean {
    const link = this.link();
    if (link.commands) return true;
    const reason =
      link.name === "simulator_gone"
        ? "The simulator is gone. Nothing was sent."
        : "Not connected. Nothing was sent.";
    this.outcome.value = { title, asked, accepted: 0, refused: [{ reason, drones: [] }], pending: false };
    return false;
  }
}

/** Counts answers as they come in. */
class Tally {
  readonly acceptedIds: string[] = [];
  #reasons = new Map<string, string[]>();

  constructor(
    readonly title: string,
    readonly ids: readonly string[],
  ) {}

  take(asked: readonly string[], answer: Answer<CommandResult>): void {
    if (!answer.ok) {
      for (const id of asked) this.#refuse(id, answer.message);
      return;
    }
    this.acceptedIds.push(...answer.value.accepted);
    for (const r of answer.value.rejected) this.#refuse(r.drone, r.reason);
  }

  outcome(pending: boolean): Outcome {
    const refused = [...this.#reasons].map(([reason, drones]) => ({ reason, drones }));
    refused.sort((a, b) => b.drones.length - a.drones.length);
    return { title: this.title, asked: this.ids.length, accepted: this.acceptedIds.length, refused, pending };
  }

  #refuse(id: string, reason: string): void {
    const same = this.#reasons.get(reason);
    if (same) same.push(id);
    else this.#reasons.set(reason, [id]);
  }
}

/** A random id. `crypto.randomUUID` exists only on secure origins; a fleet's server is often plain http on a LAN. */
function freshId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}
