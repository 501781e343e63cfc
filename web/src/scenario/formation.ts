// Where the drones of a formation stand, for the ghosts shown before they are put
// into the world. The server decides in the end; the shapes are the same.
export type Formation = "grid" | "line" | "circle";

export interface Spawn {
  readonly count: number;
  readonly model: string;
  readonly formation: Formation;
  readonly spacing: number;
  readonly heading: number;
  readonly name: string;
  readonly seed: number;
}

/** Offsets from the middle of the formation, metres east and north. */
export function places(s: Pick<Spawn, "count" | "formation" | "spacing">): { x: number; y: number }[] {
  const n = Math.max(0, Math.min(10_000, Math.floor(s.count) || 0));
  const gap = Number.isFinite(s.spacing) ? s.spacing : 0;
  if (s.formation === "line")
    return Array.from({ length: n }, (_, i) => ({ x: (i - (n - 1) / 2) * gap, y: 0 }));
  if (s.formation === "circle") {
    const r = n > 1 ? gap / (2 * Math.sin(Math.PI / n)) : 0;
    return Array.from({ length: n }, (_, i) => {
      const a = (i / n) * 2 * Math.PI;
      return { x: Math.sin(a) * r, y: Math.cos(a) * r };
    });
  }
  const cols = Math.ceil(Math.sqrt(n));
  const rows = Math.ceil(n / Math.max(1, cols));
  return Array.from({ length: n }, (_, i) => ({
    x: ((i % cols) - (cols - 1) / 2) * gap,
    y: (Math.floor(i / cols) - (rows - 1) / 2) * gap,
  }));
}
