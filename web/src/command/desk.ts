// CommandDesk sends commands to drones and gathers what became of them. Nothing
// is queued: without a live link it refuses.
import { type Signal, signal } from "@preact/signals";
import { postCommand, removeDrones } from "../api/rest";
import type { Fleet } from "../live/fleet";
import type { LinkView } from "../live/link";
import type { Command, LiveSocket } from "../live/socket";
import { t } from "../text";
import type { Targets } from "../world/targets";
import { type CommandType, calming, type Tier, tierOf, titleOf } from "./catalogue";
import { formationTargets, type Place } from "./formation";
import { Latch } from "./latch";
import { type Outcome, type Params, Run } from "./run";

/** A command that waits for a person to confirm it in a dialog. */
export interface Ask {
  readonly type: CommandType;
  readonly ids: readonly string[];
  readonly params: Params | undefined;
  readonly tier: Tier;
}

/** Ids a message: ten thousand would near the limit of 100 kB. */
const CHUNK = 4000;
/** Requests under way at once when each drone gets its own target. */
const AT_ONCE = 6;
const KEEP = 60;

export class CommandDesk {
  /** The newest first. */
  readonly outcomes: Signal<readonly Outcome[]> = signal([]);
  /** The one shown beside the buttons, until it is dismissed. */
  readonly latest: Signal<Outcome | undefined> = signal(undefined);
  readonly ask: Signal<Ask | undefined> = signal(undefined);
  readonly latch: Latch;
  #runs: Run[] = [];

  constructor(
    readonly fleet: Fleet,
    readonly socket: LiveSocket,
    readonly targets: Targets,
    readonly link: () => LinkView,
  ) {
    this.latch = new Latch(
      () => {
        const flying: string[] = [];
        for (let s = 0; s < fleet.high; s++)
          if (fleet.alive[s] && fleet.armed[s]) flying.push(fleet.id[s] ?? "");
        void this.send("hold", flying);
      },
      () => this.link().commands,
    );
  }

  /** Sends at once what needs no confirmation, and asks in a dialog for the rest. */
  request(type: CommandType, ids: readonly string[], params?: Params): void {
    if (ids.length === 0) return;
    const tier = tierOf(type, ids.length);
    if (tier === "none") void this.send(type, ids, params);
    else this.ask.value = { type, ids, params, tier };
  }

  /** One command to all of `ids`, confirmed already. */
  async send(type: CommandType, ids: readonly string[], params?: Params): Promise<void> {
    if (ids.length === 0) return;
    const run = this.#begin(type, ids, params);
    if (run.blocked) return;
    if (type === "remove") {
      await removeDrones(ids, ids.length === this.fleet.size, (asked, answer) => {
        run.take(asked, answer);
        this.#show(run);
      });
      return;
    }
    const chunks: (readonly string[] | "all")[] = [];
    if (ids.length === this.fleet.size && ids.length > 1) chunks.push("all");
    else for (let i = 0; i < ids.length; i += CHUNK) chunks.push(ids.slice(i, i + CHUNK));
    for (const drones of chunks) {
      const command: Command = { id: freshId(), drones, type, ...(params && { params }) };
      run.take(drones === "all" ? ids : drones, await this.socket.command(command));
      this.#show(run);
    }
    this.targets.remove(run.accepted);
  }

  /** Sends the drones to a place on the map, as a formation. One alone comes exactly there. */
  async goTo(ids: readonly string[], to: { x: number; y: number }, height?: number): Promise<void> {
    const from = new Map<string, Place>();
    for (const id of ids) {
      const s = this.fleet.slotOf(id);
      if (s !== undefined)
        from.set(id, { x: this.fleet.x[s] ?? 0, y: this.fleet.y[s] ?? 0, z: this.fleet.z[s] ?? 0 });
    }
    const wanted = formationTargets(from, to);
    const each = new Map<string, Params>();
    for (const [id, p] of wanted) each.set(id, { x: p.x, y: p.y, z: height ?? p.z });
    await this.sendEach("goto", each);
  }

  /**
   * A command of its own for each drone. A socket may send twenty events a second,
   * so these go over REST, a few at a time.
   */
  async sendEach(type: CommandType, each: ReadonlyMap<string, Params>): Promise<void> {
    if (each.size === 0) return;
    const run = this.#begin(type, [...each.keys()], undefined);
    if (run.blocked) return;
    const waiting = [...each];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [id, params] = next;
        if (!this.link().commands) {
          run.take([id], { ok: false, message: t.desk.cutOff });
          continue;
        }
        const command: Command = { id: freshId(), drones: [id], type, params };
        const answer = each.size === 1 ? await this.socket.command(command) : await postCommand(command);
        run.take([id], answer);
        if (type === "goto" && answer.ok && answer.value.accepted.includes(id)) {
          const at = { x: Number(params.x), y: Number(params.y), z: Number(params.z) };
          this.targets.set(id, { ...at, since: performance.now() / 1000 });
        }
        this.#show(run);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Gives the command once more to those that did not take it. */
  retry(key: number): void {
    const run = this.#runs.find((r) => r.key === key);
    if (!run) return;
    void this.send(run.type, run.blocked ? run.ids : run.failed, run.params);
  }

  dismiss(): void {
    this.latest.value = undefined;
  }

  #begin(type: CommandType, ids: readonly string[], params: Params | undefined): Run {
    const run = new Run(type, titleOf(type), ids, params, this.fleet.simTime);
    run.blocked = this.#objection(type);
    this.#runs.unshift(run);
    this.#runs.length = Math.min(KEEP, this.#runs.length);
    this.#show(run);
    return run;
  }

  #objection(type: CommandType): string {
    const link = this.link();
    if (!link.commands) {
      if (link.name === "simulator_gone") return t.desk.noSimulator;
      return link.name === "live" ? t.desk.recording : t.desk.noServer;
    }
    return this.latch.engaged.value && !calming(type) ? t.desk.latched : "";
  }

  #show(run: Run): void {
    this.latest.value = run.outcome();
    this.outcomes.value = this.#runs.map((r) => r.outcome());
  }
}

/** A random id. `crypto.randomUUID` exists only on secure origins; a fleet's server is often plain http on a LAN. */
export function freshId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}
