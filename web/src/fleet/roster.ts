// Roster is the order and choice of rows in the list: search, mode chip and
// sorting applied to the fleet's slots.
import { type Signal, signal } from "@preact/signals";
import type { Fleet } from "../live/fleet";
import { isEmpty, matches, parseQuery } from "./query";

export type SortKey = "id" | "mode" | "status" | "height" | "speed" | "battery";

export class Roster {
  readonly query = signal("");
  /** Only this mode; empty for all. */
  readonly mode = signal("");
  readonly sort: Signal<{ key: SortKey; down: boolean }> = signal({ key: "id", down: false });
  /** How many drones are in each mode, by name. */
  readonly modes: Signal<readonly (readonly [string, number])[]> = signal([]);
  readonly shown = signal(0);
  slots: Int32Array = new Int32Array(0);

  constructor(readonly fleet: Fleet) {}

  /** Counts and orders anew. Live columns move, so this is called about once a second, and at once after a choice. */
  refresh(): void {
    const f = this.fleet;
    const q = parseQuery(this.query.value);
    const all = isEmpty(q);
    const only = this.mode.value;
    const counts = new Map<string, number>();
    const found = new Int32Array(f.high);
    let n = 0;
    for (let s = 0; s < f.high; s++) {
      if (!f.alive[s]) continue;
      const mode = f.mode[s] ?? "";
      counts.set(mode, (counts.get(mode) ?? 0) + 1);
      if (only !== "" && mode !== only) continue;
      if (all || matches(q, f, s)) found[n++] = s;
    }
    this.slots = this.#sorted(found.subarray(0, n));
    this.shown.value = n;
    const modes = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    if (String(modes) !== String(this.modes.value)) this.modes.value = modes;
  }

  /** Ids of the rows, in their order. */
  ids(): string[] {
    return Array.from(this.slots, (s) => this.fleet.id[s] ?? "");
  }

  #sorted(slots: Int32Array): Int32Array {
    const f = this.fleet;
    const { key, down } = this.sort.value;
    const sign = down ? -1 : 1;
    const byId = (a: number, b: number) => {
      const d = (f.number[a] ?? 0) - (f.number[b] ?? 0);
      return Number.isNaN(d) || d === 0 ? compareText(f.id[a] ?? "", f.id[b] ?? "") : d;
    };
    if (key === "id") return slots.sort((a, b) => sign * byId(a, b));
    const column = this.#column(key);
    return slots.sort((a, b) => sign * ((column[a] ?? 0) - (column[b] ?? 0)) || byId(a, b));
  }

  /** What is compared, as numbers: words are ranked once, not compared ten thousand times. */
  #column(key: Exclude<SortKey, "id">): ArrayLike<number> {
    const f = this.fleet;
    if (key === "status") return f.kind;
    if (key !== "mode") return f[key];
    const rank = new Map([...new Set(f.mode)].sort(compareText).map((m, i) => [m, i]));
    return f.mode.map((m) => rank.get(m) ?? 0);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
