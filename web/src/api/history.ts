// Recorded sessions: one of them, its events and gaps, the flight of a drone, and
// what can be done with it.
import { type Answer, readEvent } from "../wire/messages";
import { list, number, record, text } from "../wire/read";
import { type Gap, type PastEvent, type ReplayState, readReplay } from "../wire/replay";
import { call } from "./rest";

const json = { "Content-Type": "application/json" };
const post = (body: unknown): RequestInit => ({ method: "POST", headers: json, body: JSON.stringify(body) });
const at = (id: string) => `/sessions/${encodeURIComponent(id)}`;

export interface SessionDetail {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly simTime: number;
  readonly tickHz: number;
  readonly gaps: readonly Gap[];
}

export async function getSession(id: string): Promise<Answer<SessionDetail>> {
  const a = await call(at(id));
  if (!a.ok) return a;
  const s = record(a.value) ?? {};
  const simTime = number(s.sim_time) ?? 0;
  const last = number(s.last_tick) ?? 0;
  const hz = last > 0 && simTime > 0 ? last / simTime : 250;
  return {
    ok: true,
    value: {
      id,
      name: text(s.name) || text(s.scenario) || id,
      state: text(s.state) ?? "",
      simTime,
      tickHz: hz,
      gaps: list(s.gaps).flatMap((g) => gapOf(g, hz)),
    },
  };
}

/** Gaps come in ticks or in simulated seconds. */
function gapOf(v: unknown, hz: number): Gap[] {
  const g = record(v);
  const ticks = [number(g?.first_tick) ?? number(g?.from_tick), number(g?.last_tick) ?? number(g?.to_tick)];
  const [from, to] =
    ticks[0] !== undefined && ticks[1] !== undefined
      ? [ticks[0] / hz, ticks[1] / hz]
      : [number(g?.from), number(g?.to)];
  return from !== undefined && to !== undefined ? [{ from, to }] : [];
}

const PAGES = 10;

/** Events of a session in their order: what was grave in full, the rest as far as it is the newest. */
export async function getEvents(session: string): Promise<PastEvent[]> {
  const parts = await Promise.all([
    pagesOf(session, "error"),
    pagesOf(session, "warning"),
    pagesOf(session, "info"),
  ]);
  return parts.flat().sort((a, b) => a.simTime - b.simTime);
}

async function pagesOf(session: string, severity: string): Promise<PastEvent[]> {
  const out: PastEvent[] = [];
  let cursor = "";
  for (let page = 0; page < PAGES; page++) {
    const q = new URLSearchParams({ session, severity, limit: "200", ...(cursor && { cursor }) });
    const a = await call(`/events?${q}`);
    if (!a.ok) break;
    const body = record(a.value);
    for (const v of list(body?.events)) {
      const e = readEvent(v);
      if (e) out.push(e);
    }
    cursor = text(body?.next_cursor) ?? "";
    if (cursor === "") break;
  }
  return out;
}

export async function startReplay(
  session: string,
  from: number | undefined,
  paused: boolean,
): Promise<Answer<ReplayState>> {
  const a = await call(`${at(session)}/replay`, post({ ...(from !== undefined && { from }), paused }));
  if (!a.ok) return a;
  const r = readReplay(a.value);
  return r ? { ok: true, value: r } : { ok: false, message: "The server named no replay" };
}

export async function endReplay(id: string): Promise<void> {
  await call(`/replays/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export async function fork(session: string, from: number): Promise<Answer<string>> {
  const a = await call(`${at(session)}/fork`, post({ from }));
  return a.ok ? { ok: true, value: text(record(a.value)?.id) ?? "" } : a;
}

export interface Flight {
  readonly time: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

const POINTS = 2000;

export async function getFlight(session: string, drone: string): Promise<Answer<Flight>> {
  const q = new URLSearchParams({ drone, max_points: String(POINTS) });
  const a = await call(`${at(session)}/telemetry?${q}`);
  if (!a.ok) return a;
  const body = record(a.value) ?? {};
  const columns = record(body.columns) ?? body;
  const floats = (v: unknown) => Float64Array.from(list(v), (x) => (typeof x === "number" ? x : Number.NaN));
  const flight = {
    time: floats(body.sim_time ?? columns.sim_time),
    x: floats(columns.x),
    y: floats(columns.y),
    z: floats(columns.z),
  };
  return flight.x.length === flight.time.length && flight.x.length > 0
    ? { ok: true, value: flight }
    : { ok: false, message: `Nothing was recorded of ${drone}` };
}

/** Where a flight was at a moment; nothing before it began and after it ended. */
export function flightAt(f: Flight, t: number): { x: number; y: number; z: number } | undefined {
  const n = f.time.length;
  if (n === 0 || t < (f.time[0] ?? 0) || t > (f.time[n - 1] ?? 0)) return undefined;
  let [lo, hi] = [0, n - 1];
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if ((f.time[mid] ?? 0) <= t) lo = mid;
    else hi = mid;
  }
  const [t0, t1] = [f.time[lo] ?? 0, f.time[hi] ?? 0];
  const u = t1 > t0 ? (t - t0) / (t1 - t0) : 0;
  const mix = (a: Float64Array) => (a[lo] ?? 0) + ((a[hi] ?? 0) - (a[lo] ?? 0)) * u;
  return { x: mix(f.x), y: mix(f.y), z: mix(f.z) };
}
