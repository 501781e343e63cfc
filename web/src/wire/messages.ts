// Wire messages become domain objects here and nowhere else. Whatever does not
// have the agreed form is refused as a whole (a frame, a status) or singly (one
// bad drone in a frame), never half taken over.
import { list, number, type Raw, record, text } from "./read";

export type Severity = "ok" | "warning" | "error";

/** One drone of a frame. x east, y north, z up, metres; heading clockwise from north. */
export interface DroneSample {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly mode: string;
  readonly armed: boolean;
  /** Degrees and metres above mean sea level. Older servers and packed frames leave them out. */
  readonly lat?: number;
  readonly lon?: number;
  readonly alt_m?: number;
  readonly rel_alt_m: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly vx: number;
  readonly vy: number;
  readonly vz: number;
  readonly roll_deg: number;
  readonly pitch_deg: number;
  readonly heading_deg: number;
  readonly speed_ms: number;
  readonly battery_pct: number;
  readonly voltage_v: number;
  readonly current_a: number;
  readonly status: string;
  readonly mission?: { readonly id: string; readonly item: number; readonly items: number };
}

export interface Frame {
  readonly session: string;
  readonly tick: number;
  readonly simTime: number;
  /** Unix microseconds of the simulator's clock when the tick was published. */
  readonly publishedUs?: number;
  /** Walked once: packed frames make each drone as it is asked for, in the same object. */
  readonly drones: Iterable<DroneSample> & { readonly length: number };
  /** Drones of the frame that were refused because a field was missing or not finite. */
  readonly refused: number;
}

export interface Status {
  readonly session: { readonly id: string; readonly name: string; readonly state: string };
  readonly tick: number;
  readonly simTime: number;
  readonly speed: number;
  readonly paused: boolean;
  readonly rtf: number;
  readonly drones: number;
  readonly clients: number;
  readonly link: { readonly connected: boolean; readonly ageMs: number; readonly simulator: string };
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly store: { readonly engine: string; readonly state: string };
  readonly version: string;
}

export interface FleetEvent {
  readonly tick: number;
  readonly simTime: number;
  readonly severity: "info" | "warning" | "error";
  readonly type: string;
  readonly drone: string;
  readonly message: string;
}

export interface CommandResult {
  readonly id: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly drone: string; readonly reason: string }[];
}

export interface SessionRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly drones: number;
  readonly lastTick: number;
  readonly simTime: number;
  readonly gaps: number;
}

const numericFields = [
  "x",
  "y",
  "z",
  "vx",
  "vy",
  "vz",
  "rel_alt_m",
  "roll_deg",
  "pitch_deg",
  "heading_deg",
  "speed_ms",
  "battery_pct",
  "voltage_v",
  "current_a",
] as const;
const textFields = ["id", "name", "model", "mode", "status"] as const;

function isDrone(v: unknown): v is DroneSample {
  const d = record(v);
  if (!d) return false;
  for (const k of numericFields) if (!Number.isFinite(d[k])) return false;
  for (const k of textFields) if (typeof d[k] !== "string") return false;
  if (d.id === "" || typeof d.armed !== "boolean") return false;
  if (d.mission === undefined || d.mission === null) return true;
  const m = record(d.mission);
  return !!m && Number.isFinite(m.item) && Number.isFinite(m.items);
}

/** Reads a `drones` message. The drones are checked in place: ten thousand a frame leave no time to copy. */
export function readFrame(v: unknown): Frame | undefined {
  const f = record(v);
  const tick = number(f?.tick);
  const simTime = number(f?.sim_time);
  if (!f || tick === undefined || simTime === undefined || !Array.isArray(f.drones)) return undefined;
  const all: readonly unknown[] = f.drones;
  const good = all.every(isDrone) ? (all as readonly DroneSample[]) : all.filter(isDrone);
  const published = number(f.published_us);
  return {
    session: text(f.session) ?? "",
    tick,
    simTime,
    drones: good,
    refused: all.length - good.length,
    ...(published !== undefined && { publishedUs: published }),
  };
}

/** Reads a list of drones, leaving out what is none. */
export function readDrones(v: unknown): DroneSample[] {
  return list(v).filter(isDrone);
}

export function readStatus(v: unknown): Status | undefined {
  const s = record(v);
  const tick = number(s?.tick);
  if (!s || tick === undefined) return undefined;
  const session = record(s.session) ?? {};
  const link = record(s.link) ?? {};
  const latency = record(s.latency) ?? {};
  const store = record(s.store) ?? {};
  return {
    session: { id: text(session.id) ?? "", name: text(session.name) ?? "", state: text(session.state) ?? "" },
    tick,
    simTime: number(s.sim_time) ?? 0,
    speed: number(s.speed) ?? 1,
    paused: s.paused === true,
    rtf: number(s.rtf) ?? 0,
    drones: number(s.drones) ?? 0,
    clients: number(s.clients) ?? 0,
    // A status that says nothing about the simulator does not say that it is gone.
    link: {
      connected: link.connected !== false,
      ageMs: number(link.age_ms) ?? 0,
      simulator: text(link.simulator) ?? "",
    },
    latency: {
      p50: number(latency.p50_ms) ?? 0,
      p99: number(latency.p99_ms) ?? 0,
      max: number(latency.max_ms) ?? 0,
    },
    store: { engine: text(store.engine) ?? "", state: text(store.state) ?? "" },
    version: text(s.version) ?? "",
  };
}

export function readEvent(v: unknown): FleetEvent | undefined {
  const e = record(v);
  const message = text(e?.message);
  if (!e || message === undefined) return undefined;
  const severity = e.severity === "warning" || e.severity === "error" ? e.severity : "info";
  return {
    tick: number(e.tick) ?? 0,
    simTime: number(e.sim_time) ?? 0,
    severity,
    type: text(e.type) ?? "",
    drone: text(e.drone) ?? "",
    message,
  };
}

function readResults(r: Raw): CommandResult | undefined {
  const results = record(r.results);
  if (!results) return undefined;
  const accepted: string[] = [];
  const rejected: { drone: string; reason: string }[] = [];
  for (const [drone, v] of Object.entries(results)) {
    const one = record(v);
    if (one?.status === "accepted") accepted.push(drone);
    else rejected.push({ drone, reason: text(one?.reason) || "no reason given" });
  }
  return { id: text(r.id) ?? "", accepted, rejected };
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** The acknowledgement of any client event: what went wrong in words, or the raw fields. */
export function readAck(v: unknown): Answer<Raw> {
  const a = record(v);
  if (a?.ok === true) return { ok: true, value: a };
  const error = record(a?.error);
  return {
    ok: false,
    message: text(error?.message) ?? text(error?.code) ?? "The server gave no readable answer",
  };
}

export function readCommandAck(v: unknown): Answer<CommandResult> {
  const ack = readAck(v);
  if (!ack.ok) return ack;
  const value = readResults(ack.value);
  return value ? { ok: true, value } : { ok: false, message: "The answer named no results" };
}

/** The body of `POST /commands`, which is the acknowledgement without its `ok`. */
export function readCommandBody(v: unknown): Answer<CommandResult> {
  const r = record(v);
  const value = r && readResults(r);
  return value ? { ok: true, value } : { ok: false, message: "The answer named no results" };
}

export function readSessions(v: unknown): { rows: SessionRow[]; next: string } | undefined {
  const page = record(v);
  if (!page || !Array.isArray(page.sessions)) return undefined;
  const rows: SessionRow[] = [];
  for (const item of list(page.sessions)) {
    const s = record(item);
    const id = text(s?.id);
    if (!s || !id) continue;
    rows.push({
      id,
      name: text(s.name) ?? "",
      state: text(s.state) ?? "",
      startedAt: text(s.started_at) ?? "",
      endedAt: text(s.ended_at) ?? "",
      drones: number(s.drones) ?? 0,
      lastTick: number(s.last_tick) ?? 0,
      simTime: number(s.sim_time) ?? 0,
      gaps: Array.isArray(s.gaps) ? s.gaps.length : (number(s.gaps) ?? 0),
    });
  }
  return { rows, next: text(page.next_cursor) ?? "" };
}

const errorWords = /fault|crash|fail|lost|kill|error|critical|collision/;

/** How bad a drone's status word is. Unknown words count as warnings: a new word must not look fine. */
export function severityOf(status: string): Severity {
  if (status === "ok" || status === "") return "ok";
  return errorWords.test(status) ? "error" : "warning";
}
