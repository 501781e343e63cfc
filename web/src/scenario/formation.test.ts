import { describe, expect, it } from "vitest";
import { type Formation, places } from "./formation";

describe("formations", () => {
  it.each(["grid", "line", "circle"] as Formation[])("%s keeps its spacing and its middle", (formation) => {
    const at = places({ count: 25, formation, spacing: 7 });
    expect(at).toHaveLength(25);
    const mean = (k: "x" | "y") => at.reduce((sum, p) => sum + p[k], 0) / at.length;
    expect(mean("x")).toBeCloseTo(0, 6);
    expect(mean("y")).toBeCloseTo(0, 6);
    let least = Infinity;
    at.forEach((p, i) => {
      for (const q of at.slice(i + 1)) least = Math.min(least, Math.hypot(p.x - q.x, p.y - q.y));
    });
    expect(least).toBeCloseTo(7, 6);
  });

  it.each([
    [0, 5],
    [Number.NaN, 5],
    [-3, 5],
  ])("has nobody with a count of %s", (count, spacing) => {
    expect(places({ count, formation: "circle", spacing })).toEqual([]);
  });

  it("has one drone in the middle", () => {
    expect(places({ count: 1, formation: "circle", spacing: 5 })).toEqual([{ x: 0, y: 0 }]);
  });
});
