import { describe, expect, it } from "vitest";
import type { FleetEvent } from "../wire/messages";
import { DroneHistory, EventLog } from "./events";

function event(
  simTime: number,
  drone: string,
  message: string,
  type = "battery",
  severity: FleetEvent["severity"] = "warning",
): FleetEvent {
  return { tick: simTime * 250, simTime, severity, type, drone, message };
}

describe("EventLog", () => {
  it("folds the same message of many drones into one line", () => {
    const log = new EventLog();
    for (let i = 1; i <= 50; i++) log.add(event(1 + i * 0.01, `d${i}`, `d${i} battery low`));
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({ count: 50, drones: ["d47", "d48", "d49", "d50"] });
    expect(log.total).toBe(50);
  });

  it("folds across other lines in between", () => {
    const log = new EventLog();
    log.add(event(1, "d1", "d1 battery low"));
    log.add(event(1.1, "d2", "d2 motor fault", "fault", "error"));
    log.add(event(1.2, "d3", "d3 battery low"));
    expect(log.lines.map((l) => [l.type, l.count])).toEqual([
      ["fault", 1],
      ["battery", 2],
    ]);
  });

  it("does not fold other severities, other texts, or what is long ago", () => {
    const log = new EventLog();
    log.add(event(1, "d1", "d1 battery low"));
    log.add(event(2, "d1", "d1 battery low", "battery", "error"));
    log.add(event(2, "d1", "d1 battery critical"));
    log.add(event(20, "d1", "d1 battery low"));
    expect(log.lines.map((l) => l.count)).toEqual([1, 1, 1, 1]);
  });

  it("keeps the newest five hundred lines", () => {
    const log = new EventLog();
    for (let i = 0; i < 700; i++) log.add(event(i * 10, "d1", `message ${i}`));
    expect(log.lines).toHaveLength(500);
    expect(log.lines[0]?.message).toBe("message 200");
  });
});

describe("DroneHistory", () => {
  it("keeps the last twenty of each drone", () => {
    const h = new DroneHistory();
    for (let i = 0; i < 30; i++) h.add(event(i, "d1", `m${i}`));
    h.add(event(1, "d2", "other"));
    expect(h.of("d1")).toHaveLength(20);
    expect(h.of("d1")[0]?.message).toBe("m10");
    expect(h.of("d2")).toHaveLength(1);
    expect(h.of("d3")).toEqual([]);
  });
});
