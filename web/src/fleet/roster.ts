// Roster is the order and choice of rows in the list: search, mode chip and
// sorting applied to the fleet's slots.
import { type Signal, signal } from "@preact/signals";
import type { Fleet } from "../live/fleet";
import { matches, parseQuery } from "./query";

export type SortKey = "id" | "mode" | "height" | "speed" | "battery";

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
    const only = this.mode.value;
    const counts = new Map<string, number>();
    const found: number[] = [];
    for (let s = 0; s < f.high; s++) {
      if (!f.alive[s]) continue;
      const mode = f.mode[s] ?? "";
      counts.set(mode, (counts.get(mode) ?? 0) + 1);
      if (only !== "" && mode !== only) continue;
      const d = {
        number: f.number[s] ?? Number.NaN,
        id: f.id[s] ?? "",
        name: f.name[s] ?? "",
        mode,
        status: f.status[s] ?? "",
      };
      if (matches(q, d)) found.push(s);
    }
    found.sort(this.#order());
    this.slots = Int32Array.from(found);
    this.shown.value = found.length;
    const modes = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    if (String(modes) !== String(this.modes.value)) this.modes.value = modes;
  }

  /** Ids of the rows, in their order. */
  ids(): string[] {
    return Array.from(this.slots, (s) => this.fleet.id[s] ?? "");
  }

  #order(): (a: number, b: number) => number {
    const f = this.fleet;
    const { key, down } = this.sort.value;
    const sign = down ? -1 : 1;
    const byId = (a: number, b: number) => {
      const d = (f.number[a] ?? 0) - (f.number[b] ?? 0);
      return Number.isNaN(d) || d === 0 ? (f.id[a] ?? "").localeCompare(f.id[b] ?? "") : d;
    };
    if (key === "id") return (a, b) => sign * byId(a, b);
    if (key === "mode")
      return (a, b) => sign * (f.mode[a] ?? "").localeCompare(f.mode[b] ?? "") || byId(a, b);
    const column = { height: f.height, speed: f.speed, battery: f.battery }[key];
    return (a, b) => sign * ((column[a] ?? 0) - (column[b] ?? 0)) || byId(a, b);
  }
}
