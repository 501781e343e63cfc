// Plans as files: QGroundControl's .plan, GeoJSON and KML, written here and read
// here, so that a plan leaves and comes back without a server. A .plan with more
// than waypoints goes through the server, which knows them all.
import { list, number, record, text } from "../wire/read";
import type { LocalFrame } from "../world/geodesy";
import { pathOf } from "./geometry";
import { areaFrom } from "./mission";
import { emptyPlan, type Fence, type Leg, type Plan, type Xy } from "./model";

export type FileKind = "plan" | "geojson" | "kml";
const round = (v: number) => Number(v.toFixed(8));

export function writeFile(kind: FileKind, plan: Plan, frame: LocalFrame): string {
  if (kind === "plan") return `${JSON.stringify(toQgc(plan, frame), null, 2)}\n`;
  if (kind === "geojson") return `${JSON.stringify(toGeoJson(plan, frame), null, 2)}\n`;
  return toKml(plan, frame);
}

/** QGroundControl's plan, version 1: https://docs.qgroundcontrol.com/master/en/qgc-dev-guide/file_formats/plan.html */
function toQgc(plan: Plan, frame: LocalFrame) {
  const at = (p: Xy) => frame.toLla({ x: p.x, y: p.y, z: 0 });
  const first = pathOf(plan)[0] ?? { x: 0, y: 0 };
  const home = at(first);
  const items: unknown[] = [];
  // MAV_CMD numbers: 22 take-off, 16 waypoint, 20 return, 21 land; frame 3 is relative altitude.
  const item = (command: number, params: (number | null)[], altitude: number) => ({
    type: "SimpleItem",
    AMSLAltAboveTerrain: null,
    Altitude: altitude,
    AltitudeMode: 1,
    autoContinue: true,
    command,
    doJumpId: items.length + 1,
    frame: 3,
    params,
  });
  items.push(item(22, [0, 0, 0, null, round(home.lat), round(home.lon), plan.takeoff], plan.takeoff));
  for (const p of pathOf(plan)) {
    const g = at(p);
    items.push(item(16, [p.hold, 0, 0, null, round(g.lat), round(g.lon), p.z], p.z));
  }
  if (plan.end === "rtl") items.push({ ...item(20, [0, 0, 0, 0, 0, 0, 0], 0), frame: 2 });
  if (plan.end === "land") {
    const g = at(pathOf(plan).at(-1) ?? first);
    items.push(item(21, [0, 0, 0, null, round(g.lat), round(g.lon), 0], 0));
  }
  return {
    fileType: "Plan",
    geoFence: {
      circles: [],
      polygons: plan.fences.map((f) => ({
        inclusion: f.keep === "in",
        polygon: f.area.map((p) => [round(at(p).lat), round(at(p).lon)]),
        version: 1,
      })),
      version: 2,
    },
    groundStation: "Volary",
    mission: {
      cruiseSpeed: plan.speed,
      firmwareType: 12,
      globalPlanAltitudeMode: 1,
      hoverSpeed: plan.speed,
      items,
      plannedHomePosition: [round(home.lat), round(home.lon), round(frame.origin.alt)],
      vehicleType: 2,
      version: 2,
    },
    rallyPoints: { points: [], version: 2 },
    version: 1,
  };
}

function toGeoJson(plan: Plan, frame: LocalFrame) {
  const lonLat = (p: Xy, z?: number) => {
    const g = frame.toLla({ x: p.x, y: p.y, z: 0 });
    return z === undefined ? [round(g.lon), round(g.lat)] : [round(g.lon), round(g.lat), z];
  };
  const ring = (area: readonly Xy[]) => [...area, ...area.slice(0, 1)].map((p) => lonLat(p));
  const feature = (geometry: object, properties: object) => ({ type: "Feature", properties, geometry });
  const features: object[] = [];
  for (const leg of plan.legs) {
    if (leg.kind === "survey")
      features.push(
        feature(
          { type: "Polygon", coordinates: [ring(leg.area)] },
          { kind: "survey", alt_m: leg.alt, spacing_m: leg.spacing, angle_deg: leg.angle },
        ),
      );
    else if (leg.kind === "orbit")
      features.push(
        feature(
          { type: "Point", coordinates: lonLat(leg.at, leg.alt) },
          { kind: "orbit", alt_m: leg.alt, radius_m: leg.radius, turns: leg.turns },
        ),
      );
    else
      features.push(
        feature(
          { type: "Point", coordinates: lonLat(leg.at, leg.alt) },
          { kind: "waypoint", alt_m: leg.alt, hold_s: leg.hold },
        ),
      );
  }
  for (const f of plan.fences)
    features.push(
      feature({ type: "Polygon", coordinates: [ring(f.area)] }, { kind: `keep_${f.keep}`, top_m: f.top }),
    );
  const path = pathOf(plan);
  if (path.length > 1)
    features.push(
      feature({ type: "LineString", coordinates: path.map((p) => lonLat(p, p.z)) }, { kind: "path" }),
    );
  return {
    type: "FeatureCollection",
    properties: { name: plan.name, speed_ms: plan.speed, takeoff_m: plan.takeoff, end: plan.end },
    features,
  };
}

function toKml(plan: Plan, frame: LocalFrame): string {
  const place = (p: Xy, z: number) => {
    const g = frame.toLla({ x: p.x, y: p.y, z: 0 });
    return `${round(g.lon)},${round(g.lat)},${z}`;
  };
  const escaped = (s: string) =>
    s.replace(/[<>&"]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[c] ?? c);
  const ring = (area: readonly Xy[], z: number) =>
    [...area, ...area.slice(0, 1)].map((p) => place(p, z)).join(" ");
  const marks = [
    `<Placemark><name>${escaped(plan.name)}</name><LineString><altitudeMode>relativeToGround</altitudeMode>` +
      `<coordinates>${pathOf(plan)
        .map((p) => place(p, p.z))
        .join(" ")}</coordinates></LineString></Placemark>`,
    ...plan.fences.map(
      (f) =>
        `<Placemark><name>keep ${f.keep}</name><Polygon><outerBoundaryIs><LinearRing>` +
        `<coordinates>${ring(f.area, f.top)}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>`,
    ),
  ];
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>` +
    `<name>${escaped(plan.name)}</name>${marks.join("")}</Document></kml>\n`
  );
}

/** What was read, or why it could not be. */
export type Read = { readonly plan: Plan } | { readonly problem: string };

export function readGeoJson(source: string, name: string, frame: LocalFrame): Read {
  let root: unknown;
  try {
    root = JSON.parse(source);
  } catch (e) {
    return { problem: `This is not JSON: ${e instanceof Error ? e.message : e}` };
  }
  const top = record(root);
  const features =
    top?.type === "FeatureCollection" ? list(top.features) : top?.type === "Feature" ? [top] : [];
  if (features.length === 0) return { problem: "This GeoJSON holds no features" };
  const about = record(top?.properties);
  const legs: Leg[] = [];
  const fences: Fence[] = [];
  const flip = (c: unknown) => list(c).map((p) => (Array.isArray(p) ? [p[1], p[0]] : p));
  const own = features.some((f) => record(record(f)?.properties)?.kind !== undefined);
  for (const raw of features) {
    const f = record(raw);
    const geometry = record(f?.geometry);
    const p = record(f?.properties) ?? {};
    const alt = number(p.alt_m) ?? 30;
    if (geometry?.type === "Point") {
      const at = areaFrom(flip([geometry.coordinates]), frame)[0];
      if (!at) continue;
      const z = number(p.alt_m) ?? number(list(geometry.coordinates)[2]) ?? 30;
      if (p.kind === "orbit")
        legs.push({
          kind: "orbit",
          at,
          alt: z,
          radius: number(p.radius_m) ?? 30,
          turns: number(p.turns) ?? 1,
        });
      else legs.push({ kind: "waypoint", at, alt: z, hold: number(p.hold_s) ?? 0 });
    } else if (geometry?.type === "Polygon") {
      const area = openRing(areaFrom(flip(list(geometry.coordinates)[0]), frame));
      if (area.length < 3) continue;
      if (p.kind === "keep_in" || p.kind === "keep_out")
        fences.push({ keep: p.kind === "keep_in" ? "in" : "out", area, top: number(p.top_m) ?? 120 });
      else
        legs.push({
          kind: "survey",
          area,
          alt,
          spacing: number(p.spacing_m) ?? 20,
          angle: number(p.angle_deg) ?? 0,
        });
    } else if (geometry?.type === "LineString" && !own) {
      const c = list(geometry.coordinates);
      areaFrom(flip(c), frame).forEach((at, i) => {
        legs.push({ kind: "waypoint", at, alt: number(list(c[i])[2]) || 30, hold: 0 });
      });
    }
  }
  if (legs.length === 0 && fences.length === 0)
    return { problem: "This GeoJSON holds no point, line or polygon with numbers for its places" };
  const end = about?.end === "land" || about?.end === "hold" ? about.end : "rtl";
  return {
    plan: {
      ...emptyPlan,
      name: text(about?.name) || name,
      speed: number(about?.speed_ms) ?? emptyPlan.speed,
      takeoff: number(about?.takeoff_m) ?? emptyPlan.takeoff,
      end,
      legs,
      fences,
    },
  };
}

/** The places of a KML: points and lines become waypoints, polygons become surveys. */
export function readKml(source: string, name: string, frame: LocalFrame): Read {
  // Entities can't be declared by a stranger's file: browsers expand them without bound.
  if (/<!DOCTYPE|<!ENTITY/i.test(source)) return { problem: "A KML with its own document type is not read" };
  const doc = new DOMParser().parseFromString(source, "text/xml");
  if (doc.querySelector("parsererror")) return { problem: "This is not well-formed XML" };
  const legs: Leg[] = [];
  for (const el of doc.getElementsByTagNameNS("*", "coordinates")) {
    const rows = (el.textContent ?? "")
      .trim()
      .split(/\s+/)
      .map((r) => r.split(",").map(Number));
    const places = areaFrom(
      rows.map((r) => [r[1], r[0]]),
      frame,
    );
    if (places.length === 0) continue;
    if (el.parentElement?.localName === "LinearRing") {
      const area = openRing(places);
      if (area.length >= 3) legs.push({ kind: "survey", area, alt: 30, spacing: 20, angle: 0 });
    } else
      places.forEach((at, i) => {
        legs.push({ kind: "waypoint", at, alt: rows[i]?.[2] || 30, hold: 0 });
      });
  }
  return legs.length === 0
    ? { problem: "This KML holds no coordinates" }
    : { plan: { ...emptyPlan, name, legs } };
}

function openRing(ring: Xy[]): Xy[] {
  const [a, b] = [ring[0], ring.at(-1)];
  return a && b && ring.length > 1 && Math.hypot(a.x - b.x, a.y - b.y) < 0.01 ? ring.slice(0, -1) : ring;
}
