import { describe, expect, it } from "vitest";
import type { FleetEvent } from "../wire/messages";
import { Alerts } from "./alerts";

const event = (
  drone: string,
  message: string,
  severity: FleetEvent["severity"],
  simTime = 1,
): FleetEvent => ({
  tick: 0,
  simTime,
  severity,
  type: "battery",
  drone,
  message,
});

describe("Alerts", () => {
  it("folds one trouble of many drones into one alert with a count", () => {
    const a = new Alerts();
    for (let i = 1; i <= 40; i++) a.add(event(`d${i}`, `d${i}: battery low`, "warning", i));
    a.settle();
    expect(a.list.value).toHaveLength(1);
    expect(a.list.value[0]).toMatchObject({ count: 40, text: "battery low", firstSim: 1, lastSim: 40 });
    expect(a.list.value[0]?.drones).toHaveLength(40);
  });

  it("takes no infos, and puts errors before warnings", () => {
    const a = new Alerts();
    a.add(event("d1", "landed", "info"));
    a.add(event("d1", "battery low", "warning", 9));
    a.add(event("d1", "motor lost", "error", 3));
    a.settle();
    expect(a.list.value.map((x) => x.text)).toEqual(["motor lost", "battery low"]);
  });

  it("opens again when it happens after being acknowledged", () => {
    const a = new Alerts();
    a.add(event("d1", "battery low", "warning"));
    a.acknowledge();
    expect(a.open.value).toBe(0);
    a.add(event("d2", "battery low", "warning"));
    a.settle();
    expect(a.open.value).toBe(1);
    expect(a.list.value[0]?.count).toBe(2);
  });

  it("keeps the open ones when there are too many", () => {
    const a = new Alerts();
    for (let i = 0; i < 150; i++) a.add(event("", `trouble ${i}`, i === 0 ? "error" : "warning", i));
    a.settle();
    expect(a.list.value).toHaveLength(100);
    expect(a.list.value[0]?.severity).toBe("error");
  });
});
