// Between a plan and the server's missions: items with latitude and longitude.
import { list, number, record, text } from "../wire/read";
import type { LocalFrame } from "../world/geodesy";
import { pathOf } from "./geometry";
import type { Fence, Plan, Waypoint, Xy } from "./model";

export interface Item {
  readonly type: string;
  readonly lat?: number;
  readonly lon?: number;
  readonly alt_m?: number;
  readonly hold_s?: number;
  readonly speed_ms?: number;
}

/** How the drones of one plan keep out of each other's way. */
export interface Offset {
  /** Metres added to every height. */
  readonly up: number;
  /** Seconds waited above the start. */
  readonly wait: number;
}

const round = (v: number, digits: number) => Number(v.toFixed(digits));

export function missionOf(plan: Plan, frame: LocalFrame, name: string, by: Offset) {
  const up = round(by.up, 2);
  const items: Item[] = [{ type: "takeoff", alt_m: plan.takeoff + up }];
  if (by.wait > 0) items.push({ type: "loiter", hold_s: round(by.wait, 1) });
  for (const p of pathOf(plan)) {
    const at = frame.toLla({ x: p.x, y: p.y, z: 0 });
    items.push({
      type: "waypoint",
      lat: round(at.lat, 8),
      lon: round(at.lon, 8),
      alt_m: round(p.z + up, 2),
      ...(p.hold > 0 && { hold_s: p.hold }),
    });
  }
  if (plan.end !== "hold") items.push({ type: plan.end });
  return { name, speed_ms: plan.speed, items };
}

/** A server's mission as a plan of waypoints, as far as it has places. */
export function planOf(v: unknown, frame: LocalFrame): Plan | undefined {
  const m = record(v);
  if (!m || !Array.isArray(m.items)) return undefined;
  const legs: Waypoint[] = [];
  let [takeoff, end, speed] = [20, "hold" as Plan["end"], number(m.speed_ms) || 8];
  for (const raw of list(m.items)) {
    const it = record(raw);
    if (!it) continue;
    const type = text(it.type);
    const alt = number(it.alt_m);
    if (type === "takeoff" && alt !== undefined) takeoff = alt;
    if (type === "rtl" || type === "land") end = type;
    if (type === "set_speed") speed = number(it.speed_ms) ?? speed;
    const [lat, lon] = [number(it.lat), number(it.lon)];
    if ((type !== "waypoint" && type !== "loiter") || lat === undefined || lon === undefined) continue;
    const at = frame.toEnu({ lat, lon, alt: frame.origin.alt });
    legs.push({
      kind: "waypoint",
      at: { x: at.x, y: at.y },
      alt: alt ?? takeoff,
      hold: number(it.hold_s) ?? 0,
    });
  }
  return { name: text(m.name) ?? "", speed, takeoff, end, legs, fences: [] };
}

/** Reads corners as `{x,y}` or `{lat,lon}` objects or `[lat, lon]` pairs. */
export function areaFrom(v: unknown, frame: LocalFrame): Xy[] {
  const out: Xy[] = [];
  for (const raw of list(v)) {
    const pair = Array.isArray(raw) ? raw : undefined;
    const [x, y] = [number(record(raw)?.x), number(record(raw)?.y)];
    if (x !== undefined && y !== undefined) {
      out.push({ x, y });
      continue;
    }
    const lat = number(pair ? pair[0] : record(raw)?.lat);
    const lon = number(pair ? pair[1] : record(raw)?.lon);
    if (lat === undefined || lon === undefined) continue;
    const at = frame.toEnu({ lat, lon, alt: frame.origin.alt });
    out.push({ x: at.x, y: at.y });
  }
  return out;
}

export function fenceBody(fence: Fence, name: string) {
  return {
    name,
    type: fence.keep === "in" ? "inclusion" : "exclusion",
    polygon: fence.area.map((p) => ({ x: round(p.x, 2), y: round(p.y, 2) })),
    ceiling_m: fence.top,
  };
}
