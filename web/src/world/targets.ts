// Targets are the places drones were sent to and have not reached yet.
import type { Fleet } from "../live/fleet";

export interface Target {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly since: number;
}

const REACHED_M = 2;
/** A drone takes a moment to report its new mode; until then its old one says nothing. */
const SETTLE_S = 3;

export class Targets {
  readonly by = new Map<string, Target>();

  set(id: string, t: Target): void {
    this.by.set(id, t);
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) this.by.delete(id);
  }

  /** Forgets what was reached or given up. */
  sweep(fleet: Fleet, now: number): void {
    for (const [id, t] of this.by) {
      const s = fleet.slotOf(id);
      if (s === undefined) {
        this.by.delete(id);
        continue;
      }
      const away = Math.hypot((fleet.x[s] ?? 0) - t.x, (fleet.y[s] ?? 0) - t.y, (fleet.z[s] ?? 0) - t.z);
      const settled = now - t.since > SETTLE_S;
      if (settled && (away < REACHED_M || fleet.mode[s] !== "goto")) this.by.delete(id);
    }
  }
}
