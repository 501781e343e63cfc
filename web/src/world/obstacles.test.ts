import { describe, expect, it } from "vitest";
import { obstacleOf } from "./obstacles";

describe("obstacles", () => {
  it("turns a box to its heading: length runs where it looks to", () => {
    const o = obstacleOf({
      type: "box",
      x: 10,
      y: 20,
      length_m: 8,
      width_m: 2,
      heading_deg: 90,
      height_m: 5,
    });
    expect(o?.corners.map((c) => [Math.round(c.x), Math.round(c.y)])).toEqual([
      [14, 19],
      [14, 21],
      [6, 21],
      [6, 19],
    ]);
    expect(o).toMatchObject({ base: 0, top: 5 });
  });

  it("makes a cylinder round, from its base up", () => {
    const o = obstacleOf({ type: "cylinder", x: 0, y: 0, radius_m: 3, base_m: 4, height_m: 6 });
    for (const c of o?.corners ?? []) expect(Math.hypot(c.x, c.y)).toBeCloseTo(3);
    expect(o).toMatchObject({ base: 4, top: 10 });
  });

  it.each([null, {}, { x: 1, y: 2 }, { x: "1", y: 2, height_m: 3 }])("is nothing with %j", (v) => {
    expect(obstacleOf(v)).toBeUndefined();
  });
});
