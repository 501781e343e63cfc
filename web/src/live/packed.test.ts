import { describe, expect, it } from "vitest";
import streams from "../../../internal/compact/testdata/streams.json";
import { Fleet } from "./fleet";
import { PackedFeed } from "./packed";

interface Step {
  message: string;
  error?: string;
  see?: { at: number; slot: number; p: number[]; flags: number; home_z: number }[];
}
const steps = (streams as { name: string; steps: Step[] }[])[0]?.steps ?? [];
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

describe("PackedFeed", () => {
  it("puts every drone where the server sees it, spoken of or not", () => {
    const feed = new PackedFeed();
    const fleet = new Fleet();
    let checked = 0;
    steps.forEach((step, i) => {
      const frame = feed.read(bytesOf(step.message), i);
      if (!frame) return;
      fleet.take(frame, frame.simTime, i);
      expect(fleet.size).toBe(feed.decoder.size);
      for (const want of step.see ?? []) {
        if (want.at !== feed.decoder.tick) continue;
        const s = fleet.slotOf(`d${want.slot + 1}`) ?? -1;
        expect(fleet.x[s]).toBeCloseTo(want.p[0] ?? 0, 6);
        expect(fleet.height[s]).toBeCloseTo((want.p[2] ?? 0) - want.home_z, 3);
        expect(fleet.armed[s]).toBe(want.flags & 1);
        checked++;
      }
    });
    expect(checked).toBeGreaterThan(3);
  });

  it("asks anew only when it has waited", () => {
    const feed = new PackedFeed();
    feed.read(bytesOf(steps[0]?.message ?? ""), 10);
    expect(feed.stuck(11)).toBe(false);
    feed.read(new Uint8Array([0]), 11);
    expect(feed.stuck(12)).toBe(false);
    expect(feed.stuck(14)).toBe(true);
  });
});
