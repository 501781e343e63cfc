import { describe, expect, it } from "vitest";
import { formationTargets } from "./formation";

describe("formationTargets", () => {
  const group = new Map([
    ["d1", { x: 0, y: 0, z: 20 }],
    ["d2", { x: 10, y: 0, z: 25 }],
    ["d3", { x: 5, y: 30, z: 30 }],
  ]);

  it("brings the middle of the group to the place", () => {
    const to = [...formationTargets(group, { x: 100, y: -50 }).values()];
    expect(to.reduce((n, p) => n + p.x, 0) / 3).toBeCloseTo(100, 1);
    expect(to.reduce((n, p) => n + p.y, 0) / 3).toBeCloseTo(-50, 1);
  });

  it("keeps the shape and the heights", () => {
    const t = formationTargets(group, { x: 100, y: -50 });
    const [a, b, c] = [t.get("d1"), t.get("d2"), t.get("d3")];
    expect((b?.x ?? 0) - (a?.x ?? 0)).toBeCloseTo(10, 5);
    expect((c?.y ?? 0) - (a?.y ?? 0)).toBeCloseTo(30, 5);
    expect([a?.z, b?.z, c?.z]).toEqual([20, 25, 30]);
  });

  it("sends a single drone exactly to the place", () => {
    expect(formationTargets(new Map([["d1", { x: 7, y: 8, z: 12 }]]), { x: 1, y: 2 }).get("d1")).toEqual({
      x: 1,
      y: 2,
      z: 12,
    });
  });

  it("sends none along the ground, and none nowhere", () => {
    expect(formationTargets(new Map([["d1", { x: 0, y: 0, z: 0 }]]), { x: 1, y: 2 }).get("d1")?.z).toBe(2);
    expect(formationTargets(new Map(), { x: 1, y: 2 }).size).toBe(0);
  });
});
