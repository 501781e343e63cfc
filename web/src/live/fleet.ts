// Fleet holds what is drawn and listed: one slot a drone, plain typed arrays,
// two samples each. Frames write here twenty times a second; nothing in here
// knows the user interface, and no interface framework sees these values pass.
import { type DroneSample, type Frame, severityOf } from "../wire/messages";

/** Floats a drone takes in `gpu`: previous xyz t, next xyz t, velocity xyz seen, headings and tilt. */
export const STRIDE = 16;
/** A drone missing from the frames this long, in seconds, is gone. */
const GONE_S = 2;
/** Share of the reach over which a late frame is blended in. */
const LATE_BLEND = 0.4;

export const KIND = { ground: 0, ok: 1, warning: 2, error: 3 } as const;
export type Position = { x: number; y: number; z: number };

export class Fleet {
  /** Slots ever used; slots below may be free (`alive` 0). */
  high = 0;
  /** Drones alive. */
  size = 0;
  tick = 0;
  simTime = 0;
  session = "";
  refused = 0;
  /** Rises when drones come or go, or a mode or status changes: lists recount then. */
  revision = 0;
  /** Rises with each frame: the drawing uploads `gpu` when it differs. */
  frames = 0;
  /** Positions in `gpu` are metres from here, which keeps float32 exact far from the world's origin. */
  originX = 0;
  originY = 0;
  /** Base of the times in `gpu`. */
  baseSim = 0;
  baseWall = 0;
  /** -1 while a recording runs backwards: times in `gpu` then run against simulated time. */
  way: 1 | -1 = 1;
  /** The next frame is taken as it is, without flying there from where the drones are drawn. */
  snap = false;
  /** How far in simulated seconds a drone is drawn past its newest sample; set by whoever owns the clock. */
  reach = 0.25;

  /** A drone that said both its places, from which the world's frame on the earth is known. */
  anchor:
    | { readonly lat: number; readonly lon: number; readonly alt: number; readonly at: Position }
    | undefined;

  id: string[] = [];
  name: string[] = [];
  model: string[] = [];
  mode: string[] = [];
  status: string[] = [];
  missionId: string[] = [];
  /** Id, name and model in lower case, for the search. */
  search: string[] = [];

  gpu = new Float32Array(0);
  alive = new Uint8Array(0);
  kind = new Uint8Array(0);
  armed = new Uint8Array(0);
  number = new Float64Array(0);
  seen = new Float64Array(0);
  x = new Float64Array(0);
  y = new Float64Array(0);
  z = new Float64Array(0);
  vz = new Float32Array(0);
  height = new Float32Array(0);
  roll = new Float32Array(0);
  pitch = new Float32Array(0);
  heading = new Float32Array(0);
  speed = new Float32Array(0);
  battery = new Float32Array(0);
  voltage = new Float32Array(0);
  current = new Float32Array(0);
  missionItem = new Int32Array(0);
  missionItems = new Int32Array(0);

  #slots = new Map<string, number>();
  #free: number[] = [];
  #shown: Position = { x: 0, y: 0, z: 0 };

  slotOf(id: string): number | undefined {
    return this.#slots.get(id);
  }

  /** Takes a frame over. `shown` is the simulated time on screen, `now` the wall clock in seconds. */
  take(frame: Frame, shown: number, now: number): void {
    if (frame.session !== this.session) {
      this.clear();
      this.anchor = undefined;
      this.session = frame.session;
    }
    this.tick = frame.tick;
    this.simTime = frame.simTime;
    this.refused += frame.refused;
    const time = frame.simTime * this.way;
    this.#rebase(time, now);
    let first: DroneSample | undefined;
    if (this.size === 0 || !this.anchor) for (first of frame.drones) break;
    if (this.size === 0 && first) {
      this.originX = Math.round(first.x / 1000) * 1000;
      this.originY = Math.round(first.y / 1000) * 1000;
    }
    if (first) this.anchorAt(first);
    for (const d of frame.drones) {
      const known = this.#slots.get(d.id);
      const slot = known ?? this.#admit(d);
      this.#write(slot, d, known === undefined, time, shown, now);
    }
    if (this.size > frame.drones.length) this.#removeGone(now, this.snap);
    this.snap = false;
    this.frames++;
  }

  /** Takes over what packed frames leave out, of the drones in `frame` that are known. */
  detail(frame: Frame): void {
    if (frame.session !== this.session) return;
    for (const d of frame.drones) {
      const s = this.#slots.get(d.id);
      if (s === undefined) continue;
      const o = s * STRIDE;
      this.gpu[o + 14] = d.roll_deg;
      this.gpu[o + 15] = d.pitch_deg;
      this.roll[s] = d.roll_deg;
      this.pitch[s] = d.pitch_deg;
      this.voltage[s] = d.voltage_v;
      this.current[s] = d.current_a;
      this.battery[s] = d.battery_pct;
      this.missionId[s] = d.mission?.id ?? "";
      this.missionItem[s] = d.mission?.item ?? 0;
      this.missionItems[s] = d.mission?.items ?? 0;
    }
  }

  /** Remembers the first drone that says both its places. */
  anchorAt(d: DroneSample): void {
    if (this.anchor || d.lat === undefined || d.lon === undefined || d.alt_m === undefined) return;
    this.anchor = { lat: d.lat, lon: d.lon, alt: d.alt_m, at: { x: d.x, y: d.y, z: d.z } };
  }

  /** Names what packed frames only number. */
  rename(id: string, name: string, model: string): void {
    const s = this.#slots.get(id);
    if (s === undefined) return;
    this.name[s] = name;
    this.model[s] = model;
    this.search[s] = `${id}\n${name}\n${model}`.toLowerCase();
  }

  clear(): void {
    this.#slots.clear();
    this.#free = [];
    this.alive.fill(0);
    this.high = 0;
    this.size = 0;
    this.revision++;
  }

  /** Where the slot is drawn at simulated time `t`: the same sum as the vertex shader's, from the world's origin. */
  positionAt(slot: number, t: number, out: Position): Position {
    const g = this.gpu;
    const o = slot * STRIDE;
    const rel = t - this.baseSim;
    const t0 = g[o + 3] ?? 0;
    const t1 = g[o + 7] ?? 0;
    const u = t1 > t0 ? Math.min(1, Math.max(0, (rel - t0) / (t1 - t0))) : 1;
    const past = Math.min(Math.max(0, rel - t1), this.reach);
    const ax = g[o] ?? 0;
    const ay = g[o + 1] ?? 0;
    const az = g[o + 2] ?? 0;
    out.x = ax + ((g[o + 4] ?? 0) - ax) * u + (g[o + 8] ?? 0) * past + this.originX;
    out.y = ay + ((g[o + 5] ?? 0) - ay) * u + (g[o + 9] ?? 0) * past + this.originY;
    out.z = az + ((g[o + 6] ?? 0) - az) * u + (g[o + 10] ?? 0) * past;
    return out;
  }

  /** Heading on screen at `t`, degrees. */
  headingAt(slot: number, t: number): number {
    const o = slot * STRIDE;
    const t0 = this.gpu[o + 3] ?? 0;
    const t1 = this.gpu[o + 7] ?? 0;
    const u = t1 > t0 ? Math.min(1, Math.max(0, (t - this.baseSim - t0) / (t1 - t0))) : 1;
    const a = this.gpu[o + 12] ?? 0;
    return a + ((this.gpu[o + 13] ?? 0) - a) * u;
  }

  #write(slot: number, d: DroneSample, fresh: boolean, sim: number, shown: number, now: number): void {
    const g = this.gpu;
    const o = slot * STRIDE;
    const first = fresh || this.snap;
    const [vx, vy, vz] = [d.vx * this.way, d.vy * this.way, d.vz * this.way];
    const nx = d.x - this.originX;
    const ny = d.y - this.originY;
    const oldHeading = first ? d.heading_deg : this.headingAt(slot, shown);
    const turn = ((((d.heading_deg - oldHeading) % 360) + 540) % 360) - 180;
    // The path starts where the drone is drawn now, not where the last sample
    // was: whatever the network did, the next frame continues without a jump.
    const p = first ? undefined : this.positionAt(slot, shown, this.#shown);
    g[o] = p ? p.x - this.originX : nx;
    g[o + 1] = p ? p.y - this.originY : ny;
    g[o + 2] = p ? p.z : d.z;
    g[o + 3] = Math.min(shown, sim) - this.baseSim;
    // A late frame is already behind the screen: aim for where the drone will
    // be a moment from now, instead of back to where it was.
    const blend = this.reach * LATE_BLEND;
    const aim = shown > sim - blend * 0.5 && !first ? shown + blend : sim;
    if (aim > sim) g[o + 3] = shown - this.baseSim;
    const on = Math.min(aim - sim, this.reach);
    g[o + 4] = nx + vx * on;
    g[o + 5] = ny + vy * on;
    g[o + 6] = d.z + vz * on;
    g[o + 7] = aim - this.baseSim;
    g[o + 8] = vx;
    g[o + 9] = vy;
    g[o + 10] = vz;
    g[o + 11] = now - this.baseWall;
    g[o + 12] = oldHeading;
    g[o + 13] = oldHeading + turn;
    g[o + 14] = d.roll_deg;
    g[o + 15] = d.pitch_deg;

    this.seen[slot] = now;
    this.x[slot] = d.x;
    this.y[slot] = d.y;
    this.z[slot] = d.z;
    this.vz[slot] = d.vz;
    this.height[slot] = d.rel_alt_m;
    this.roll[slot] = d.roll_deg;
    this.pitch[slot] = d.pitch_deg;
    this.heading[slot] = d.heading_deg;
    this.speed[slot] = d.speed_ms;
    this.battery[slot] = d.battery_pct;
    this.voltage[slot] = d.voltage_v;
    this.current[slot] = d.current_a;
    this.armed[slot] = d.armed ? 1 : 0;
    this.missionId[slot] = d.mission?.id ?? "";
    this.missionItem[slot] = d.mission?.item ?? 0;
    this.missionItems[slot] = d.mission?.items ?? 0;

    const severity = severityOf(d.status);
    const kind = severity === "ok" ? (d.armed ? KIND.ok : KIND.ground) : KIND[severity];
    if (fresh || kind !== this.kind[slot] || d.mode !== this.mode[slot] || d.status !== this.status[slot]) {
      this.kind[slot] = kind;
      this.mode[slot] = d.mode;
      this.status[slot] = d.status;
      this.revision++;
    }
  }

  #admit(d: DroneSample): number {
    const slot = this.#free.pop() ?? this.high++;
    if (slot >= this.alive.length) this.#grow(Math.max(256, this.alive.length * 2));
    this.#slots.set(d.id, slot);
    this.alive[slot] = 1;
    this.id[slot] = d.id;
    this.name[slot] = d.name;
    this.model[slot] = d.model;
    this.search[slot] = `${d.id}\n${d.name}\n${d.model}`.toLowerCase();
    const digits = /(\d+)\D*$/.exec(d.id)?.[1];
    this.number[slot] = digits === undefined ? Number.NaN : Number(digits);
    this.size++;
    return slot;
  }

  #removeGone(now: number, atOnce: boolean): void {
    for (let s = 0; s < this.high; s++) {
      if (!this.alive[s] || now - (this.seen[s] ?? 0) < (atOnce ? 1e-6 : GONE_S)) continue;
      this.alive[s] = 0;
      this.#slots.delete(this.id[s] ?? "");
      this.#free.push(s);
      this.size--;
      this.revision++;
    }
  }

  /** Times in `gpu` are float32; they stay exact because their base moves along, in steps. */
  #rebase(sim: number, now: number): void {
    if (this.frames > 0 && Math.abs(sim - this.baseSim) < 64 && now - this.baseWall < 64) return;
    const dSim = sim - this.baseSim;
    const dWall = now - this.baseWall;
    for (let o = 0; o < this.high * STRIDE; o += STRIDE) {
      this.gpu[o + 3] = (this.gpu[o + 3] ?? 0) - dSim;
      this.gpu[o + 7] = (this.gpu[o + 7] ?? 0) - dSim;
      this.gpu[o + 11] = (this.gpu[o + 11] ?? 0) - dWall;
    }
    this.baseSim = sim;
    this.baseWall = now;
  }

  #grow(capacity: number): void {
    const wider = <T extends Float32Array | Float64Array | Uint8Array | Int32Array>(old: T, next: T): T => {
      next.set(old as never);
      return next;
    };
    const f32 = (a: Float32Array) => wider(a, new Float32Array(capacity)) as Float32Array<ArrayBuffer>;
    const f64 = (a: Float64Array) => wider(a, new Float64Array(capacity)) as Float64Array<ArrayBuffer>;
    const u8 = (a: Uint8Array) => wider(a, new Uint8Array(capacity)) as Uint8Array<ArrayBuffer>;
    const i32 = (a: Int32Array) => wider(a, new Int32Array(capacity)) as Int32Array<ArrayBuffer>;
    const gpu = new Float32Array(capacity * STRIDE);
    gpu.set(this.gpu);
    this.gpu = gpu;
    this.alive = u8(this.alive);
    this.kind = u8(this.kind);
    this.armed = u8(this.armed);
    this.number = f64(this.number);
    this.seen = f64(this.seen);
    this.x = f64(this.x);
    this.y = f64(this.y);
    this.z = f64(this.z);
    this.vz = f32(this.vz);
    this.height = f32(this.height);
    this.roll = f32(this.roll);
    this.pitch = f32(this.pitch);
    this.heading = f32(this.heading);
    this.speed = f32(this.speed);
    this.battery = f32(this.battery);
    this.voltage = f32(this.voltage);
    this.current = f32(this.current);
    this.missionItem = i32(this.missionItem);
    this.missionItems = i32(this.missionItems);
  }
}
