// The geometry of plans: lines over an area, circles, lengths, times.
import type { Leg, Orbit, Plan, Survey, Xy } from "./model";

export interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Seconds to stay there. */
  readonly hold: number;
}

/** A plan may have this many items at most; the server refuses more. */
export const MAX_LINES = 2000;
const TURN_STEPS = 16;
const CLIMB_MS = 3;
const SINK_MS = 1.5;

/** The back-and-forth lines over an area, each line's two ends, in the order flown. */
export function surveyLines(s: Survey): Xy[] {
  if (s.area.length < 3 || !(s.spacing > 0)) return [];
  const a = (s.angle * Math.PI) / 180;
  // Turned so that the lines run along +v and are stacked along u.
  const along = { x: Math.sin(a), y: Math.cos(a) };
  const across = { x: Math.cos(a), y: -Math.sin(a) };
  const uv = s.area.map((p) => ({
    u: p.x * across.x + p.y * across.y,
    v: p.x * along.x + p.y * along.y,
  }));
  const lo = Math.min(...uv.map((p) => p.u));
  const hi = Math.max(...uv.map((p) => p.u));
  const n = Math.min(MAX_LINES / 2, Math.max(1, Math.floor((hi - lo) / s.spacing)));
  const step = (hi - lo) / n;
  const out: Xy[] = [];
  const back = (u: number, v: number): Xy => ({
    x: u * across.x + v * along.x,
    y: u * across.y + v * along.y,
  });
  let flip = false;
  for (let i = 0; i < n; i++) {
    const u = lo + (i + 0.5) * step;
    const cuts: number[] = [];
    uv.forEach((p, k) => {
      const q = uv[(k + 1) % uv.length] ?? p;
      if (p.u <= u !== q.u <= u) cuts.push(p.v + ((u - p.u) / (q.u - p.u)) * (q.v - p.v));
    });
    cuts.sort((x, y) => x - y);
    const ends: Xy[] = [];
    for (let k = 0; k + 1 < cuts.length; k += 2) ends.push(back(u, cuts[k] ?? 0), back(u, cuts[k + 1] ?? 0));
    if (flip) ends.reverse();
    if (ends.length > 0) flip = !flip;
    out.push(...ends);
  }
  return out;
}

export function orbitPoints(o: Orbit): Xy[] {
  const n = Math.max(1, Math.round(Math.min(50, Math.max(0.25, o.turns)) * TURN_STEPS));
  return Array.from({ length: n + 1 }, (_, i) => {
    const a = (i / TURN_STEPS) * 2 * Math.PI;
    return { x: o.at.x + Math.sin(a) * o.radius, y: o.at.y + Math.cos(a) * o.radius };
  });
}

/** The places a leg flies over. */
export function pointsOf(leg: Leg): Point3[] {
  if (leg.kind === "waypoint") return [{ ...leg.at, z: leg.alt, hold: leg.hold }];
  const on = leg.kind === "survey" ? surveyLines(leg) : orbitPoints(leg);
  return on.map((p) => ({ ...p, z: leg.alt, hold: 0 }));
}

/** All places in the order flown, take-off and return left out. */
export function pathOf(plan: Plan): Point3[] {
  return plan.legs.flatMap(pointsOf);
}

export interface Estimate {
  /** Metres from the first point to the last. */
  readonly length: number;
  /** Seconds from take-off to the ground. */
  readonly time: number;
  /** Share of a full battery, 0 to more than 1. */
  readonly battery: number;
}

/** Length, time and battery of a plan flown from `home` by a model that hovers `endurance` seconds. */
export function estimate(plan: Plan, home: Xy | undefined, endurance: number): Estimate {
  const path = pathOf(plan);
  const first = path[0];
  const last = path.at(-1);
  if (!first || !last) return { length: 0, time: 0, battery: 0 };
  const speed = Math.max(0.1, plan.speed);
  let length = 0;
  let time = plan.takeoff / CLIMB_MS;
  path.forEach((p, i) => {
    const q = path[i - 1];
    time += p.hold;
    if (!q) return;
    const level = Math.hypot(p.x - q.x, p.y - q.y);
    length += Math.hypot(level, p.z - q.z);
    time += Math.max(level / speed, Math.abs(p.z - q.z) / CLIMB_MS);
  });
  const start = home ?? first;
  const there = Math.hypot(first.x - start.x, first.y - start.y);
  const back = plan.end === "rtl" ? Math.hypot(last.x - start.x, last.y - start.y) : 0;
  time += (there + back) / speed;
  if (plan.end !== "hold") time += last.z / SINK_MS;
  return { length: length + there + back, time, battery: time / Math.max(1, endurance) };
}

/** Square metres. */
export function areaOf(p: readonly Xy[]): number {
  let sum = 0;
  p.forEach((a, i) => {
    const b = p[(i + 1) % p.length] ?? a;
    sum += a.x * b.y - b.x * a.y;
  });
  return Math.abs(sum) / 2;
}

/** Whether two sides of an area cross each other: such an area has no inside to fly over. */
export function crossesItself(p: readonly Xy[]): boolean {
  const side = (a: Xy, b: Xy, c: Xy) => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
  for (let i = 0; i < p.length; i++) {
    for (let j = i + 2; j < p.length; j++) {
      if (i === 0 && j === p.length - 1) continue;
      const [a, b, c, d] = [p[i], p[(i + 1) % p.length], p[j], p[(j + 1) % p.length]];
      if (a && b && c && d && side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)) return true;
    }
  }
  return false;
}
