import { describe, expect, it } from "vitest";
import { LocalFrame } from "./geodesy";

const zurich = { lat: 47.3977, lon: 8.5456, alt: 488 };

describe("LocalFrame", () => {
  it.each([
    [0, 0, 0],
    [-300, -10, 24.24],
    [20_000, -15_000, 500],
  ])("comes back to (%s, %s, %s)", (x, y, z) => {
    const frame = new LocalFrame(zurich);
    const back = frame.toEnu(frame.toLla({ x, y, z }));
    expect(Math.hypot(back.x - x, back.y - y, back.z - z)).toBeLessThan(1e-5);
  });

  it("agrees with the length of a degree", () => {
    // At 47.3977 N a second of latitude is 30.888 m (Rapp, Geometric Geodesy I).
    const frame = new LocalFrame(zurich);
    const north = frame.toEnu({ ...zurich, lat: zurich.lat + 1 / 3600 });
    expect(north.y).toBeCloseTo(30.88, 1);
    expect(north.x).toBeCloseTo(0, 6);
  });

  it("finds the origin from one drone that knows both its places", () => {
    const truth = new LocalFrame(zurich);
    for (const enu of [
      { x: -300, y: -10, z: 24 },
      { x: 8000, y: 9000, z: 400 },
    ]) {
      const found = LocalFrame.from(truth.toLla(enu), enu);
      const off = truth.toEnu(found.origin);
      expect(Math.hypot(off.x, off.y, off.z)).toBeLessThan(1e-3);
    }
  });
});
