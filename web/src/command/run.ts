// Run is one command given to many drones, and what became of it drone by drone.
import type { Answer, CommandResult } from "../wire/messages";
import type { CommandType } from "./catalogue";

export type Params = Readonly<Record<string, number | string | boolean>>;

export interface Refusal {
  readonly reason: string;
  readonly drones: readonly string[];
}

/** What is shown of a run: counts that always add up to `asked`. */
export interface Outcome {
  readonly key: number;
  readonly type: CommandType;
  readonly title: string;
  readonly simTime: number;
  readonly asked: number;
  readonly ok: number;
  readonly pending: number;
  readonly failed: number;
  /** Failed drones by reason, the commonest first. */
  readonly refusals: readonly Refusal[];
  /** Why nothing was sent at all. */
  readonly blocked: string;
}

let keys = 0;

export class Run {
  readonly key = ++keys;
  blocked = "";
  #ok: string[] = [];
  #failed = new Map<string, string>();

  constructor(
    readonly type: CommandType,
    readonly title: string,
    readonly ids: readonly string[],
    readonly params: Params | undefined,
    readonly simTime: number,
  ) {}

  take(asked: readonly string[], answer: Answer<CommandResult>): void {
    if (!answer.ok) {
      for (const id of asked) this.#failed.set(id, answer.message);
      return;
    }
    for (const id of answer.value.accepted) this.#ok.push(id);
    for (const r of answer.value.rejected) this.#failed.set(r.drone, r.reason);
  }

  get accepted(): readonly string[] {
    return this.#ok;
  }

  get failed(): string[] {
    return [...this.#failed.keys()];
  }

  outcome(): Outcome {
    const by = new Map<string, string[]>();
    for (const [id, reason] of this.#failed) {
      const same = by.get(reason);
      if (same) same.push(id);
      else by.set(reason, [id]);
    }
    const refusals = [...by].map(([reason, drones]) => ({ reason, drones }));
    refusals.sort((a, b) => b.drones.length - a.drones.length);
    const ok = this.#ok.length;
    const failed = this.#failed.size;
    return {
      key: this.key,
      type: this.type,
      title: this.title,
      simTime: this.simTime,
      asked: this.ids.length,
      ok,
      failed,
      pending: this.blocked ? 0 : Math.max(0, this.ids.length - ok - failed),
      refusals,
      blocked: this.blocked,
    };
  }
}
