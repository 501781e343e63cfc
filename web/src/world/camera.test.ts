import { describe, expect, it } from "vitest";
import { Camera } from "./camera";
import { gridStep } from "./ground";

function camera(mode: "2d" | "3d"): Camera {
  const c = new Camera();
  c.mode = mode;
  c.still = true;
  c.resize(800, 600);
  c.step(1);
  return c;
}

describe("Camera", () => {
  it.each(["2d", "3d"] as const)("finds the ground under the pixel a place is drawn at (%s)", (mode) => {
    const c = camera(mode);
    const px = { x: 0, y: 0 };
    for (const [x, y, z] of [
      [0, 0, 0],
      [40, -25, 0],
      [-30, 60, 0],
    ] as const) {
      expect(c.project(x, y, z, px)).toBeGreaterThan(0);
      const back = c.onPlane(px, z);
      expect(back?.x).toBeCloseTo(x, 1);
      expect(back?.y).toBeCloseTo(y, 1);
    }
  });

  it("shows no parallax from above: height does not move a drone on the map", () => {
    const c = camera("2d");
    const low = { x: 0, y: 0 };
    const high = { x: 0, y: 0 };
    c.project(50, 30, 0, low);
    c.project(50, 30, 80, high);
    expect(Math.hypot(low.x - high.x, low.y - high.y)).toBeLessThan(0.2);
  });

  it("has north up and east right from above", () => {
    const c = camera("2d");
    const north = { x: 0, y: 0 };
    const east = { x: 0, y: 0 };
    c.project(0, 10, 0, north);
    c.project(10, 0, 0, east);
    expect(north.y).toBeLessThan(300);
    expect(north.x).toBeCloseTo(400, 0);
    expect(east.x).toBeGreaterThan(400);
  });

  it("keeps the ground under the pointer while zooming from above", () => {
    const c = camera("2d");
    const at = { x: 610, y: 140 };
    const before = c.onPlane(at, 0);
    c.zoom(0.5, at);
    c.step(1);
    const after = c.onPlane(at, 0);
    expect(after?.x).toBeCloseTo(before?.x ?? 0, 1);
    expect(after?.y).toBeCloseTo(before?.y ?? 0, 1);
  });

  it("fits a fleet into the view", () => {
    for (const mode of ["2d", "3d"] as const) {
      const c = camera(mode);
      c.fit(-300, -200, 300, 200, 0);
      c.step(1);
      const px = { x: 0, y: 0 };
      for (const [x, y] of [
        [-300, -200],
        [300, -200],
        [-300, 200],
        [300, 200],
      ] as const) {
        expect(c.project(x, y, 0, px)).toBeGreaterThan(0);
        expect(px.x).toBeGreaterThan(0);
        expect(px.x).toBeLessThan(800);
        expect(px.y).toBeGreaterThan(0);
        expect(px.y).toBeLessThan(600);
      }
    }
  });
});

describe("a covered bottom", () => {
  it("lifts the target into the middle of what is left", () => {
    const c = camera("2d");
    c.cover(200);
    const px = { x: 0, y: 0 };
    c.project(0, 0, 0, px);
    expect(px.y).toBeCloseTo(200, 0);
    expect(c.onPlane(px, 0)?.y).toBeCloseTo(0, 1);
  });
});

describe("gridStep", () => {
  it("is a round length of at least 30 px", () => {
    for (const mpp of [0.01, 0.05, 0.2, 0.7, 3, 40]) {
      const step = gridStep(mpp);
      expect(step / mpp).toBeGreaterThanOrEqual(30);
      expect([1, 5]).toContain(Number(String(step)[0]));
    }
  });
});
