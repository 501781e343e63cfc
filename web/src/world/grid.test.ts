import { describe, expect, it } from "vitest";
import { PickGrid } from "./grid";

/** The same question asked the slow way. */
function slowNearest(
  points: readonly (readonly [number, number])[],
  x: number,
  y: number,
  r: number,
): number {
  let best = r * r;
  let found = -1;
  points.forEach(([px, py], i) => {
    const d = (px - x) ** 2 + (py - y) ** 2;
    if (px >= 0 && py >= 0 && px < 640 && py < 480 && d < best) {
      best = d;
      found = i;
    }
  });
  return found;
}

function seeded(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s * 1664525 + 1013904223) % 4294967296;
    return s / 4294967296;
  };
}

function filled(points: readonly (readonly [number, number])[]): PickGrid {
  const g = new PickGrid();
  g.begin(640, 480, points.length);
  points.forEach(([x, y], i) => {
    g.add(i, x, y);
  });
  g.finish();
  return g;
}

describe("PickGrid", () => {
  it("finds the same drone as a look at all of them", () => {
    const next = seeded(7);
    const points = Array.from({ length: 3000 }, () => [next() * 700 - 30, next() * 540 - 30] as const);
    const g = filled(points);
    for (let k = 0; k < 500; k++) {
      const [x, y] = [next() * 640, next() * 480];
      expect(g.nearest(x, y, 14)).toBe(slowNearest(points, x, y, 14));
    }
  });

  it("finds across the border of a cell", () => {
    expect(filled([[31.5, 31.5]]).nearest(33, 33, 5)).toBe(0);
  });

  it("answers -1 when nothing is within the radius", () => {
    const g = filled([[100, 100]]);
    expect(g.nearest(115, 100, 14)).toBe(-1);
    expect(g.nearest(114, 100, 14)).toBe(0);
  });

  it("selects what lies in a box, from any corner", () => {
    const g = filled([
      [10, 10],
      [50, 60],
      [200, 200],
    ]);
    expect(g.within(0, 0, 60, 61).sort()).toEqual([0, 1]);
    expect(g.within(60, 61, 0, 0).sort()).toEqual([0, 1]);
    expect(g.within(300, 300, 640, 480)).toEqual([]);
  });

  it("keeps nothing of the last picture", () => {
    const g = filled([
      [10, 10],
      [20, 20],
    ]);
    g.begin(640, 480, 2);
    g.add(5, 300, 300);
    g.finish();
    expect(g.within(0, 0, 640, 480)).toEqual([5]);
  });
});
