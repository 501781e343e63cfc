// The search of the list: numbers and ranges ("7", "10-20, 31") name drones by
// the number in their id, anything else is looked for in id, name, mode and
// status. Parts are separated by commas or spaces; a drone needs to match one.

export interface Query {
  readonly ranges: readonly (readonly [number, number])[];
  readonly words: readonly string[];
}

export function parseQuery(input: string): Query {
  const ranges: [number, number][] = [];
  const words: string[] = [];
  // "10 - 20" is one range, however it is spaced.
  const parts = input
    .toLowerCase()
    .replace(/(\d)\s*(?:-|–|\.\.)\s*(?=\d)/g, "$1-")
    .split(/[\s,;]+/);
  for (const part of parts) {
    if (part === "") continue;
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!range) {
      words.push(part);
      continue;
    }
    const a = Number(range[1]);
    const b = range[2] === undefined ? a : Number(range[2]);
    ranges.push(a <= b ? [a, b] : [b, a]);
  }
  return { ranges, words };
}

export function isEmpty(q: Query): boolean {
  return q.ranges.length === 0 && q.words.length === 0;
}

export interface Searched {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly mode: string;
  readonly status: string;
}

export function matches(q: Query, d: Searched): boolean {
  if (isEmpty(q)) return true;
  for (const [a, b] of q.ranges) if (d.number >= a && d.number <= b) return true;
  for (const w of q.words) {
    if (d.id.toLowerCase().includes(w) || d.name.toLowerCase().includes(w)) return true;
    if (d.mode.toLowerCase().startsWith(w) || d.status.toLowerCase().includes(w)) return true;
  }
  return false;
}
