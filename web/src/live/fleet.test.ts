import { describe, expect, it } from "vitest";
import type { DroneSample, Frame } from "../wire/messages";
import { Fleet } from "./fleet";

function sample(id: string, over: Partial<DroneSample> = {}): DroneSample {
  return {
    id,
    name: id,
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
    ...over,
  };
}

function frame(simTime: number, drones: DroneSample[], session = "s1"): Frame {
  return { session, tick: Math.round(simTime * 250), simTime, drones, refused: 0 };
}

const at = (f: Fleet, id: string, t: number) => f.positionAt(f.slotOf(id) ?? -1, t, { x: 0, y: 0, z: 0 });

describe("Fleet", () => {
  it("interpolates between two samples", () => {
    const f = new Fleet();
    f.take(frame(1, [sample("d1", { x: 0 })]), 1, 1);
    f.take(frame(1.05, [sample("d1", { x: 1 })]), 1, 1.05);
    expect(at(f, "d1", 1).x).toBeCloseTo(0, 5);
    expect(at(f, "d1", 1.025).x).toBeCloseTo(0.5, 3);
    expect(at(f, "d1", 1.05).x).toBeCloseTo(1, 5);
  });

  it("continues from where the drone is drawn: no jump at any frame", () => {
    const f = new Fleet();
    let shown = 0;
    let drawn = 0;
    for (let i = 0; i < 60; i++) {
      const sim = i * 0.05;
      const late = i % 7 === 3 ? 0.09 : 0; // shown runs past a late frame
      shown = Math.max(shown, sim - 0.06 + late);
      const before = i > 0 ? at(f, "d1", shown).x : 0;
      f.take(frame(sim, [sample("d1", { x: sim * 10, vx: 10 })]), shown, sim);
      drawn = at(f, "d1", shown).x;
      if (i > 0) expect(Math.abs(drawn - before)).toBeLessThan(0.01);
    }
    expect(drawn).toBeGreaterThan(25);
  });

  it("dead-reckons with the velocity, but no further than its reach", () => {
    const f = new Fleet();
    f.take(frame(1, [sample("d1", { vx: 10 })]), 1, 1);
    f.reach = 0.25;
    expect(at(f, "d1", 1.1).x).toBeCloseTo(1, 3);
    expect(at(f, "d1", 5).x).toBeCloseTo(2.5, 3);
  });

  it("turns the short way through north", () => {
    const f = new Fleet();
    f.take(frame(1, [sample("d1", { heading_deg: 350 })]), 1, 1);
    f.take(frame(2, [sample("d1", { heading_deg: 10 })]), 1, 2);
    expect(f.headingAt(f.slotOf("d1") ?? -1, 1.5)).toBeCloseTo(360, 1);
  });

  it("keeps a missing drone for two seconds, then frees its slot for the next", () => {
    const f = new Fleet();
    f.take(frame(0, [sample("d1"), sample("d2")]), 0, 0);
    const slot = f.slotOf("d2");
    f.take(frame(1, [sample("d1")]), 1, 1);
    expect(f.size).toBe(2);
    f.take(frame(3, [sample("d1")]), 3, 3);
    expect(f.size).toBe(1);
    expect(f.slotOf("d2")).toBeUndefined();
    f.take(frame(3.05, [sample("d1"), sample("d3")]), 3, 3.05);
    expect(f.slotOf("d3")).toBe(slot);
  });

  it("starts anew with another session", () => {
    const f = new Fleet();
    f.take(frame(9, [sample("d1"), sample("d2")]), 9, 1);
    f.take(frame(0, [sample("d1")], "s2"), 0, 1.05);
    expect(f.size).toBe(1);
  });

  it("stays exact far from the origin and late in a session", () => {
    const f = new Fleet();
    f.take(frame(90_000, [sample("d1", { x: 250_000.25 })]), 90_000, 5000);
    f.take(frame(90_000.05, [sample("d1", { x: 250_000.75 })]), 90_000, 5000.05);
    expect(at(f, "d1", 90_000.025).x).toBeCloseTo(250_000.5, 2);
  });

  it("grows past its first capacity", () => {
    const f = new Fleet();
    f.take(
      frame(
        0,
        Array.from({ length: 700 }, (_, i) => sample(`d${i}`, { x: i })),
      ),
      0,
      0,
    );
    expect(f.size).toBe(700);
    expect(at(f, "d699", 0).x).toBeCloseTo(699, 3);
  });
});
