import { describe, expect, it } from "vitest";
import type { ReplayState } from "../wire/replay";
import { type ReplayAction, ReplayTime } from "./replaytime";

const state: ReplayState = {
  id: "r",
  session: "s",
  state: "paused",
  simTime: 10,
  speed: 1,
  from: 0,
  to: 100,
  gap: undefined,
};

function desk() {
  const sent: ReplayAction[] = [];
  let jumps = 0;
  let now = state;
  const time = new ReplayTime(
    state,
    async (a) => {
      sent.push(a);
      if (a.action === "play") now = { ...now, state: "playing" };
      if (a.action === "pause") now = { ...now, state: "paused" };
      if (a.action === "speed") now = { ...now, speed: a.speed };
      if (a.action === "seek") now = { ...now, simTime: a.to };
      return { ok: true, value: now };
    },
    () => 0,
    () => {},
    () => {
      jumps++;
    },
  );
  return { time, sent, jumps: () => jumps };
}

describe("ReplayTime", () => {
  it("L plays, again doubles, J turns round at 1", async () => {
    const { time, sent, jumps } = desk();
    await time.shuttle(1);
    await time.shuttle(1);
    await time.shuttle(-1);
    await time.shuttle(-1);
    expect(sent.filter((a) => a.action === "speed").map((a) => "speed" in a && a.speed)).toEqual([
      1, 2, -1, -2,
    ]);
    expect(time.paused).toBe(false);
    expect(jumps()).toBe(1);
  });

  it("sends the last wish of a drag, not each", async () => {
    const { time, sent } = desk();
    for (let i = 0; i < 50; i++) time.seek(i);
    await new Promise((r) => setTimeout(r, 300));
    expect(sent.at(-1)).toEqual({ action: "seek", to: 49 });
    expect(sent.length).toBeLessThan(5);
  });

  it("stays inside of what was recorded", async () => {
    const { time, sent } = desk();
    time.seek(1e9);
    await Promise.resolve();
    expect(sent[0]).toEqual({ action: "seek", to: 100 });
  });

  it("bounds the speed", async () => {
    const { time, sent } = desk();
    await time.setSpeed(-1000);
    expect(sent[0]).toEqual({ action: "speed", speed: -50 });
  });
});
