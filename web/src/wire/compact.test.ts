import { describe, expect, it } from "vitest";
import streams from "../../../internal/compact/testdata/streams.json";
import { CompactDecoder, type CompactState } from "./compact";

interface Step {
  message: string;
  error?: string;
  see?: {
    at: number;
    slot: number;
    p: number[];
    v: number[];
    heading: number;
    mode: number;
    status: number;
    flags: number;
    battery: number;
    home_z: number;
    coarse: boolean;
  }[];
  clock?: { tick: number; published_us: number; speed: number; paused: boolean };
}

const fixtures = streams as { name: string; steps: Step[] }[];

const state = (): CompactState => ({
  slot: 0,
  p: [0, 0, 0],
  v: [0, 0, 0],
  heading: 0,
  mode: 0,
  status: 0,
  flags: 0,
  battery: 0,
  homeZ: 0,
  coarse: false,
});

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

describe("the compact stream", () => {
  it.each(fixtures)("reads the same bits as the server: $name", ({ steps }) => {
    const d = new CompactDecoder();
    const s = state();
    let compared = 0;
    for (const step of steps) {
      expect(d.decode(bytesOf(step.message))).toBe(step.error ?? "ok");
      if (step.error) continue;
      expect(d.clock).toEqual({
        tick: step.clock?.tick,
        publishedUs: step.clock?.published_us,
        speed: step.clock?.speed,
        paused: step.clock?.paused,
      });
      for (const want of step.see ?? []) {
        expect(d.at(want.slot, want.at, s)).toBe(true);
        // toEqual calls 0 and -0 different, which no picture does.
        const plain = (v: number[]) => v.map((x) => x + 0);
        expect({ ...s, p: plain(s.p), v: plain(s.v), heading: s.heading + 0 }).toEqual({
          slot: want.slot,
          p: plain(want.p),
          v: plain(want.v),
          heading: want.heading + 0,
          mode: want.mode,
          status: want.status,
          flags: want.flags,
          battery: want.battery,
          homeZ: want.home_z,
          coarse: want.coarse,
        });
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(200);
  });

  it("waits for a snapshot after anything it can't read", () => {
    const first = bytesOf(fixtures[0]?.steps[0]?.message ?? "");
    for (const bad of [
      new Uint8Array(),
      new Uint8Array([0x10]),
      new Uint8Array([0x23, 0, 0]),
      first.subarray(0, 60),
    ]) {
      const d = new CompactDecoder();
      expect(d.decode(first)).toBe("ok");
      expect(d.decode(bad)).not.toBe("ok");
      expect(d.ready).toBe(false);
      expect(d.decode(first)).toBe("ok");
      expect(d.ready).toBe(true);
    }
  });

  it("knows which tick is flown at a wall time", () => {
    const d = new CompactDecoder();
    d.decode(bytesOf(fixtures[0]?.steps[0]?.message ?? ""));
    const c = d.clock;
    expect(d.tickAt(c.publishedUs + 1_000_000)).toBeCloseTo(c.tick + d.hz * c.speed, 6);
  });
});
