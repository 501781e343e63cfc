// The search of the list. Numbers and ranges ("7", "10-20, 31") name drones by
// the number in their id; conditions ("battery<30", "height>50") compare; anything
// else is looked for in id, name, mode, status and model. Parts are separated by
// commas or spaces: a drone must meet every condition, and one of the rest.
import type { Fleet } from "../live/fleet";

type Column = "battery" | "height" | "speed" | "voltage" | "climb";

interface Condition {
  readonly column: Column;
  readonly sign: 1 | -1;
  readonly value: number;
}

export interface Query {
  readonly ranges: readonly (readonly [number, number])[];
  readonly words: readonly string[];
  readonly conditions: readonly Condition[];
}

/** The part of the fleet that a search looks at. */
export type Searched = Pick<
  Fleet,
  "number" | "search" | "mode" | "status" | "battery" | "height" | "speed" | "voltage" | "vz"
>;

export function parseQuery(input: string): Query {
  const ranges: [number, number][] = [];
  const words: string[] = [];
  const conditions: Condition[] = [];
  // "10 - 20" is one range, and "battery < 30" one condition, however they are spaced.
  const parts = input
    .toLowerCase()
    .replace(/(\d)\s*(?:-|–|\.\.)\s*(?=\d)/g, "$1-")
    .replace(/\s*([<>])=?\s*/g, "$1")
    .split(/[\s,;]+/);
  for (const part of parts) {
    if (part === "") continue;
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range) {
      const a = Number(range[1]);
      const b = range[2] === undefined ? a : Number(range[2]);
      ranges.push(a <= b ? [a, b] : [b, a]);
      continue;
    }
    const condition = /^(battery|height|speed|voltage|climb)([<>])(-?\d+(?:\.\d+)?)%?$/.exec(part);
    if (condition)
      conditions.push({
        column: condition[1] as Column,
        sign: condition[2] === "<" ? -1 : 1,
        value: Number(condition[3]),
      });
    else words.push(part);
  }
  return { ranges, words, conditions };
}

export function isEmpty(q: Query): boolean {
  return q.ranges.length === 0 && q.words.length === 0 && q.conditions.length === 0;
}

export function matches(q: Query, f: Searched, slot: number): boolean {
  for (const c of q.conditions) {
    const v = (c.column === "climb" ? f.vz[slot] : f[c.column][slot]) ?? 0;
    if (c.sign * (v - c.value) <= 0) return false;
  }
  if (q.ranges.length === 0 && q.words.length === 0) return true;
  const n = f.number[slot] ?? Number.NaN;
  for (const [a, b] of q.ranges) if (n >= a && n <= b) return true;
  for (const w of q.words) {
    // Id, name and model never change, so they were put into one lower-case text when the drone came.
    if (f.search[slot]?.includes(w)) return true;
    if (f.mode[slot]?.startsWith(w) || f.status[slot]?.includes(w)) return true;
  }
  return false;
}
