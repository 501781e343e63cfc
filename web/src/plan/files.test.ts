import { describe, expect, it } from "vitest";
import { LocalFrame } from "../world/geodesy";
import { readGeoJson, writeFile } from "./files";
import { missionOf, planOf } from "./mission";
import { emptyPlan, type Plan } from "./model";

const frame = new LocalFrame({ lat: 47.3977, lon: 8.5456, alt: 488 });
const plan: Plan = {
  ...emptyPlan,
  name: "Two fields & a fence",
  legs: [
    { kind: "waypoint", at: { x: 10, y: 20 }, alt: 25, hold: 3 },
    {
      kind: "survey",
      area: [
        { x: 0, y: 0 },
        { x: 100, y: 0 },
        { x: 100, y: 80 },
      ],
      alt: 40,
      spacing: 15,
      angle: 30,
    },
    { kind: "orbit", at: { x: -50, y: 5 }, radius: 20, alt: 30, turns: 2 },
  ],
  fences: [
    {
      keep: "out",
      area: [
        { x: 1, y: 1 },
        { x: 9, y: 1 },
        { x: 9, y: 9 },
      ],
      top: 90,
    },
  ],
};

describe("GeoJSON", () => {
  it("comes back as it was, to a centimetre", () => {
    const back = readGeoJson(writeFile("geojson", plan, frame), "x", frame);
    if (!("plan" in back)) throw new Error(back.problem);
    expect(back.plan.name).toBe(plan.name);
    expect(back.plan.legs.map((l) => l.kind)).toEqual(["waypoint", "survey", "orbit"]);
    expect(back.plan.fences).toHaveLength(1);
    const [w, s] = back.plan.legs;
    if (w?.kind !== "waypoint" || s?.kind !== "survey") throw new Error("kinds");
    expect(Math.hypot(w.at.x - 10, w.at.y - 20)).toBeLessThan(0.01);
    expect(s.area).toHaveLength(3);
    expect(s).toMatchObject({ alt: 40, spacing: 15, angle: 30 });
  });

  it("takes a stranger's line as waypoints", () => {
    const file = {
      type: "Feature",
      geometry: {
        type: "LineString",
        coordinates: [
          [8.5456, 47.3977, 50],
          [8.5466, 47.3977, 60],
        ],
      },
    };
    const back = readGeoJson(JSON.stringify(file), "line", frame);
    if (!("plan" in back)) throw new Error(back.problem);
    expect(back.plan.legs.map((l) => l.alt)).toEqual([50, 60]);
  });

  it.each([
    "",
    "{",
    "[]",
    "{}",
    '{"type":"FeatureCollection","features":[]}',
    '{"type":"Feature","geometry":null}',
  ])("says what is wrong with %j", (text) => {
    expect(readGeoJson(text, "x", frame)).toHaveProperty("problem");
  });
});

describe("other files", () => {
  it("writes a plan QGroundControl knows: commands, frame, home, fence", () => {
    const qgc = JSON.parse(writeFile("plan", plan, frame));
    expect(qgc.fileType).toBe("Plan");
    const commands = qgc.mission.items.map((i: { command: number }) => i.command);
    expect(commands[0]).toBe(22);
    expect(commands.at(-1)).toBe(20);
    expect(new Set(commands.slice(1, -1))).toEqual(new Set([16]));
    expect(qgc.geoFence.polygons[0].inclusion).toBe(false);
    expect(qgc.mission.plannedHomePosition[0]).toBeCloseTo(47.398, 3);
  });

  it("writes KML with its names escaped", () => {
    expect(writeFile("kml", plan, frame)).toContain("<name>Two fields &amp; a fence</name>");
  });
});

describe("missions", () => {
  it("come back from the server's items", () => {
    const m = missionOf(plan, frame, "m", { up: 5, wait: 12 });
    expect(m.items[0]).toEqual({ type: "takeoff", alt_m: 25 });
    expect(m.items[1]).toEqual({ type: "loiter", hold_s: 12 });
    expect(m.items.at(-1)).toEqual({ type: "rtl" });
    const back = planOf(m, frame);
    expect(back?.legs[0]).toMatchObject({ kind: "waypoint", alt: 30, hold: 3 });
    expect(back?.end).toBe("rtl");
  });
});
