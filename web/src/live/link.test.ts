import { describe, expect, it } from "vitest";
import { LinkWatch } from "./link";

const ok = { simulator: true, paused: false, drones: 100 };

function live(): LinkWatch {
  const w = new LinkWatch();
  w.connected();
  w.status(ok, 0);
  w.frame(0);
  return w;
}

describe("LinkWatch", () => {
  it("is connecting, not lost, before the first connection", () => {
    const w = new LinkWatch();
    w.disconnected(1);
    expect(w.view(60)).toMatchObject({ name: "lost", connecting: true, greyed: false, commands: false });
  });

  it("is live with fresh frames, stale after one second, grey after three", () => {
    const w = live();
    expect(w.view(0.9)).toMatchObject({ name: "live", greyed: false, commands: true });
    expect(w.view(1.1)).toMatchObject({ name: "stale", greyed: false, commands: true });
    expect(w.view(3)).toMatchObject({ name: "stale", greyed: true });
  });

  it("forbids commands at once when the connection is lost, and greys after three seconds", () => {
    const w = live();
    w.disconnected(10);
    expect(w.view(10)).toMatchObject({ name: "lost", connecting: false, commands: false, greyed: false });
    w.disconnected(12.5); // failed attempts to reconnect do not restart the count
    expect(w.view(13)).toMatchObject({ name: "lost", greyed: true });
  });

  it("tells a missing simulator from a lost connection", () => {
    const w = live();
    w.status({ ...ok, simulator: false }, 5);
    expect(w.view(5)).toMatchObject({ name: "simulator_gone", commands: false, greyed: false });
    w.status({ ...ok, simulator: false }, 8);
    expect(w.view(8)).toMatchObject({ name: "simulator_gone", greyed: true });
    w.disconnected(9);
    expect(w.view(9).name).toBe("lost");
  });

  it("recovers with the next frame", () => {
    const w = live();
    w.disconnected(5);
    w.connected();
    w.status(ok, 20);
    expect(w.view(20).name).toBe("stale");
    w.frame(20.1);
    expect(w.view(20.2)).toMatchObject({ name: "live", greyed: false, commands: true });
  });

  it("stays live without frames while paused or empty, as long as the status comes", () => {
    for (const s of [
      { ...ok, paused: true },
      { ...ok, drones: 0 },
    ]) {
      const w = live();
      w.status(s, 30);
      expect(w.view(30.9).name).toBe("live");
      expect(w.view(31.1).name).toBe("stale");
    }
  });
});
