import { describe, expect, it } from "vitest";
import { DEAD_RECKON_S, RenderClock } from "./clock";

/** Plays frames of a simulation of `speed` with the given jitter; answers the times shown at 60 fps. */
function play(speed: number, seconds: number, jitter: (i: number) => number, clock = new RenderClock()) {
  const shown: { now: number; t: number; newest: number }[] = [];
  let next = 0;
  let newest = 0;
  for (let f = 0; f < seconds * 60; f++) {
    const now = f / 60;
    while (next * 0.05 + jitter(next) <= now) {
      newest = next * 0.05 * speed;
      clock.frame(newest, next * 0.05 + jitter(next));
      next++;
    }
    shown.push({ now, t: clock.at(now), newest });
  }
  return { clock, shown };
}

const wobble = (i: number) => [0, 0.018, 0.006, 0.031, 0.011][i % 5] ?? 0;

describe("RenderClock", () => {
  it.each([0.1, 1, 4, 100])("advances smoothly at %s times, in spite of jitter", (speed) => {
    const { shown } = play(speed, 6, wobble);
    const steps = shown.slice(180).map((s, i, a) => (i === 0 ? speed / 60 : s.t - (a[i - 1]?.t ?? 0)));
    for (const step of steps) {
      expect(step).toBeGreaterThan((speed / 60) * 0.5);
      expect(step).toBeLessThan((speed / 60) * 1.5);
    }
  });

  it("stays a little behind the newest sample", () => {
    const { shown } = play(1, 6, wobble);
    for (const s of shown.slice(180)) {
      expect(s.newest - s.t).toBeLessThan(0.2);
      expect(s.t - s.newest).toBeLessThan(0.05);
    }
  });

  it("never goes backwards, and stops 250 ms past the last frame", () => {
    const { clock, shown } = play(1, 3, wobble);
    let last = shown.at(-1)?.t ?? 0;
    const newest = shown.at(-1)?.newest ?? 0;
    for (let f = 0; f < 300; f++) {
      const t = clock.at(3 + f / 60);
      expect(t).toBeGreaterThanOrEqual(last);
      last = t;
    }
    expect(last).toBeCloseTo(newest + DEAD_RECKON_S, 1);
  });

  it("comes to rest on the newest sample when paused, and shows a step at once", () => {
    const { clock, shown } = play(1, 3, wobble);
    const newest = shown.at(-1)?.newest ?? 0;
    clock.pause(true);
    for (let f = 1; f < 60; f++) clock.at(3 + f / 60);
    expect(clock.at(4)).toBeCloseTo(newest, 2);
    clock.frame(newest + 0.004, 4.1);
    for (let f = 1; f < 30; f++) clock.at(4.1 + f / 60);
    expect(clock.at(4.7)).toBeCloseTo(newest + 0.004, 4);
    expect(clock.reach).toBe(0);
  });

  it("jumps instead of filming through a long sleep", () => {
    const { clock } = play(1, 2, () => 0);
    clock.frame(600, 602);
    expect(clock.at(602.02)).toBeGreaterThan(599);
  });

  it("starts anew when time goes backwards", () => {
    const { clock } = play(1, 2, () => 0);
    expect(clock.frame(0, 2.05)).toBe(false);
    expect(clock.at(2.06)).toBeLessThan(0.2);
    expect(clock.frame(0.05, 2.1)).toBe(true);
  });
});
