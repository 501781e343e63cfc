import { describe, expect, it } from "vitest";
import { areaOf, crossesItself, estimate, orbitPoints, surveyLines } from "./geometry";
import { emptyPlan, type Survey } from "./model";

const square = [
  { x: 0, y: 0 },
  { x: 100, y: 0 },
  { x: 100, y: 60 },
  { x: 0, y: 60 },
];
const survey = (over: Partial<Survey> = {}): Survey => ({
  kind: "survey",
  area: square,
  alt: 30,
  spacing: 20,
  angle: 0,
  ...over,
});

describe("survey", () => {
  it("covers the area with lines that alternate", () => {
    const lines = surveyLines(survey());
    expect(lines).toHaveLength(10);
    expect(lines[0]).toEqual({ x: 10, y: 0 });
    expect(lines[1]).toEqual({ x: 10, y: 60 });
    expect(lines[2]).toEqual({ x: 30, y: 60 });
    expect(lines[3]).toEqual({ x: 30, y: 0 });
  });

  it("leaves no strip wider than the spacing uncovered", () => {
    for (const angle of [0, 17, 90, 135]) {
      const lines = surveyLines(survey({ angle, spacing: 23 }));
      const a = (angle * Math.PI) / 180;
      const us = lines.map((p) => p.x * Math.cos(a) - p.y * Math.sin(a)).sort((p, q) => p - q);
      const gaps = us.slice(1).map((u, i) => u - (us[i] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(46);
      expect(lines.length).toBeGreaterThan(3);
    }
  });

  it("splits lines over a notch", () => {
    const u = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 60 },
      { x: 60, y: 60 },
      { x: 60, y: 20 },
      { x: 40, y: 20 },
      { x: 40, y: 60 },
      { x: 0, y: 60 },
    ];
    const lines = surveyLines(survey({ area: u, angle: 90, spacing: 20 }));
    // The lines at y 10 cross once, those at 30 and 50 on both arms.
    expect(lines).toHaveLength(2 + 4 + 4);
  });

  it.each([
    ["two corners", survey({ area: square.slice(0, 2) })],
    ["no spacing", survey({ spacing: 0 })],
    ["NaN", survey({ spacing: Number.NaN })],
  ])("has no lines with %s", (_, s) => {
    expect(surveyLines(s)).toEqual([]);
  });

  it("does not explode with a tiny spacing", () => {
    expect(surveyLines(survey({ spacing: 0.001 })).length).toBeLessThanOrEqual(2000);
  });
});

describe("orbit", () => {
  it("ends where it began after whole turns, at its radius", () => {
    const points = orbitPoints({ kind: "orbit", at: { x: 5, y: 5 }, radius: 40, alt: 20, turns: 2 });
    expect(points).toHaveLength(33);
    expect(points.at(-1)?.x).toBeCloseTo(points[0]?.x ?? 0);
    for (const p of points) expect(Math.hypot(p.x - 5, p.y - 5)).toBeCloseTo(40);
  });
});

describe("areas", () => {
  it("measures", () => expect(areaOf(square)).toBe(6000));
  it("tells a bow tie from a square", () => {
    expect(crossesItself(square)).toBe(false);
    const [a, b, c, d] = square as [
      (typeof square)[0],
      (typeof square)[0],
      (typeof square)[0],
      (typeof square)[0],
    ];
    expect(crossesItself([a, c, b, d])).toBe(true);
  });
});

describe("estimate", () => {
  it("adds way, climb, stay and landing", () => {
    const plan = {
      ...emptyPlan,
      speed: 10,
      takeoff: 30,
      legs: [
        { kind: "waypoint", at: { x: 0, y: 100 }, alt: 30, hold: 5 },
        { kind: "waypoint", at: { x: 0, y: 200 }, alt: 30, hold: 0 },
      ] as const,
    };
    const e = estimate(plan, { x: 0, y: 0 }, 1000);
    expect(e.length).toBe(400);
    // 10 s up, 5 s stay, 40 s on the way, 20 s down
    expect(e.time).toBeCloseTo(75);
    expect(e.battery).toBeCloseTo(0.075);
  });
  it("is nothing for nothing", () => expect(estimate(emptyPlan, undefined, 0).time).toBe(0));
});
