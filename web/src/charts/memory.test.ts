import { describe, expect, it } from "vitest";
import { Fleet } from "../live/fleet";
import type { DroneSample } from "../wire/messages";
import { SPAN_S, StripMemory } from "./memory";

const base: DroneSample = {
  id: "d1",
  name: "d1",
  model: "x500",
  mode: "hold",
  armed: true,
  rel_alt_m: 10,
  x: 0,
  y: 0,
  z: 10,
  vx: 0,
  vy: 0,
  vz: 0,
  roll_deg: 0,
  pitch_deg: 0,
  heading_deg: 0,
  speed_ms: 0,
  battery_pct: 80,
  voltage_v: 15.8,
  current_a: 12,
  status: "ok",
};

function play(seconds: number, height: (t: number) => number) {
  const fleet = new Fleet();
  const memory = new StripMemory();
  for (let i = 0; i <= seconds * 4; i++) {
    const t = i / 4;
    fleet.take(
      {
        session: "s",
        tick: i,
        simTime: t,
        drones: [
          { ...base, rel_alt_m: height(t) },
          { ...base, id: "d2", rel_alt_m: 2 * height(t) },
        ],
        refused: 0,
      },
      t,
      t,
    );
    memory.sample(fleet, t, t);
  }
  return { fleet, memory };
}

describe("StripMemory", () => {
  it("keeps the last minute, the oldest first", () => {
    const { memory } = play(90, (t) => t);
    const times = memory.times();
    expect(times).toHaveLength(SPAN_S * 4);
    expect(times.at(-1)).toBe(90);
    expect(times[0]).toBeCloseTo(30.25);
    expect(memory.line(0, "height").at(-1)).toBeCloseTo(90, 3);
  });

  it("gives least, mean and greatest of many", () => {
    const { memory } = play(3, () => 10);
    const [min, mean, max] = memory.spread([0, 1], "height");
    expect([min.at(-1), mean.at(-1), max.at(-1)]).toEqual([10, 15, 20]);
  });

  it("adds nothing while time stands still", () => {
    const { fleet, memory } = play(3, () => 10);
    const before = memory.times().length;
    for (let i = 1; i < 20; i++) memory.sample(fleet, 3, 3 + i);
    expect(memory.times()).toHaveLength(before);
  });
});
