import { describe, expect, it } from "vitest";
import {
  readAck,
  readCommandAck,
  readCommandBody,
  readEvent,
  readFrame,
  readSessions,
  readStatus,
  severityOf,
} from "./messages";

const drone = {
  id: "d1",
  name: "Kestrel 1",
  model: "x500",
  mode: "mission",
  armed: true,
  lat: 47.4,
  lon: 8.5,
  alt_m: 500,
  rel_alt_m: 12,
  x: 1,
  y: 2,
  z: 12,
  vx: 0,
  vy: 1,
  vz: 0,
  roll_deg: 1,
  pitch_deg: -2,
  heading_deg: 90,
  speed_ms: 1,
  battery_pct: 80,
  voltage_v: 15.8,
  current_a: 14,
  status: "ok",
  mission: { id: "m1", item: 2, items: 9 },
};
const frame = { session: "s1", tick: 250, sim_time: 1, published_us: 1, drones: [drone] };

describe("a frame", () => {
  it("is taken over", () => {
    const f = readFrame(frame);
    expect(f).toMatchObject({ session: "s1", tick: 250, simTime: 1, refused: 0 });
    expect([...(f?.drones ?? [])][0]?.mission?.items).toBe(9);
  });

  it("is taken over as it comes over the wire, unknown fields and all", () => {
    const f = readFrame(JSON.parse(JSON.stringify({ ...frame, later: { more: 1 } })));
    expect(f?.drones).toHaveLength(1);
  });

  it.each([
    ["a missing position", { ...drone, x: undefined }],
    ["a position that is no number", { ...drone, y: "12" }],
    ["a position that is not finite", { ...drone, z: Number.POSITIVE_INFINITY }],
    ["a null heading", { ...drone, heading_deg: null }],
    ["no id", { ...drone, id: "" }],
    ["an armed that is a word", { ...drone, armed: "yes" }],
    ["a mission without items", { ...drone, mission: { id: "m" } }],
    ["nothing at all", null],
  ])("leaves out a drone with %s, and keeps the rest", (_, bad) => {
    const f = readFrame({ ...frame, drones: [bad, { ...drone, id: "d2" }] });
    expect([...(f?.drones ?? [])].map((d) => d.id)).toEqual(["d2"]);
    expect(f?.refused).toBe(1);
  });

  it.each([
    undefined,
    null,
    "x",
    7,
    [],
    {},
    { ...frame, drones: {} },
    { ...frame, tick: "1" },
    { ...frame, sim_time: Number.NaN },
  ])("is refused when it is %j", (bad) => {
    expect(readFrame(bad)).toBeUndefined();
  });
});

describe("a status", () => {
  it("is read, with the missing parts empty", () => {
    expect(
      readStatus({ tick: 5, sim_time: 2, speed: 4, paused: true, link: { connected: false, age_ms: 900 } }),
    ).toMatchObject({
      tick: 5,
      simTime: 2,
      speed: 4,
      paused: true,
      link: { connected: false, ageMs: 900 },
      store: { engine: "", state: "" },
    });
  });

  it("that does not speak of the simulator does not call it gone", () => {
    expect(readStatus({ tick: 5 })?.link.connected).toBe(true);
  });

  it("without a tick is none", () => {
    expect(readStatus({ sim_time: 1 })).toBeUndefined();
  });
});

describe("an event", () => {
  it("is read, an unknown severity as information", () => {
    expect(readEvent({ message: "hello", severity: "fatal", drone: "d1" })).toMatchObject({
      severity: "info",
      drone: "d1",
      message: "hello",
    });
    expect(readEvent({ severity: "error" })).toBeUndefined();
  });
});

describe("answers", () => {
  it("sort drones into accepted and rejected with the reason", () => {
    const a = readCommandAck({
      ok: true,
      id: "c1",
      results: { d1: { status: "accepted" }, d2: { status: "rejected", reason: "not armed" }, d3: {} },
    });
    expect(a).toEqual({
      ok: true,
      value: {
        id: "c1",
        accepted: ["d1"],
        rejected: [
          { drone: "d2", reason: "not armed" },
          { drone: "d3", reason: "no reason given" },
        ],
      },
    });
  });

  it("carry the server's words when it refused", () => {
    expect(readAck({ ok: false, error: { code: "rate_limited", message: "Too many events" } })).toEqual({
      ok: false,
      message: "Too many events",
    });
    expect(readAck({ ok: false, error: { code: "rate_limited" } })).toEqual({
      ok: false,
      message: "rate_limited",
    });
  });

  it.each([undefined, null, 3, "ok", {}, { ok: "true" }])("of %j count as failures", (bad) => {
    expect(readCommandAck(bad).ok).toBe(false);
  });

  it("over REST come without ok", () => {
    expect(readCommandBody({ id: "c1", results: { d1: { status: "accepted" } } })).toMatchObject({
      ok: true,
      value: { accepted: ["d1"] },
    });
    expect(readCommandBody({ title: "Bad" }).ok).toBe(false);
  });
});

describe("sessions", () => {
  it("are read, gaps as a number or a list", () => {
    const page = readSessions({
      sessions: [{ id: "a", gaps: 2 }, { id: "b", gaps: [{}, {}, {}] }, { name: "no id" }],
      next_cursor: "n",
    });
    expect(page?.rows.map((r) => [r.id, r.gaps])).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
    expect(page?.next).toBe("n");
    expect(readSessions({})).toBeUndefined();
  });
});

describe("severityOf", () => {
  it.each([
    ["ok", "ok"],
    ["low_battery", "warning"],
    ["fault", "error"],
    ["crashed", "error"],
    ["something_new", "warning"],
  ])("calls %s %s", (word, want) => {
    expect(severityOf(word)).toBe(want);
  });
});
