// PackedFeed turns the packed stream into the fleet's samples: every drone is
// evaluated at the frame's tick, whether the frame spoke of it or not.
import { CompactDecoder, type CompactState } from "../wire/compact";
import type { DroneSample, Frame } from "../wire/messages";
import { FLAG_ARMED, modeWord, statusWord } from "../wire/words";
import type { Fleet } from "./fleet";

/** Without a readable frame for this long, in seconds, the stream is asked for anew. */
const STUCK_S = 3;

type Scratch = { -readonly [K in keyof DroneSample]: DroneSample[K] };

export interface Names {
  readonly name: string;
  readonly model: string;
}

export class PackedFeed {
  readonly decoder = new CompactDecoder();
  /** What the packed frames leave out, by id. */
  readonly names = new Map<string, Names>();
  #ids: string[] = [];
  #goodAt = Number.NEGATIVE_INFINITY;
  #state: CompactState = {
    slot: 0,
    p: [0, 0, 0],
    v: [0, 0, 0],
    heading: 0,
    mode: 0,
    status: 0,
    flags: 0,
    battery: 0,
    homeZ: 0,
    coarse: false,
  };
  #d: Scratch = {
    id: "",
    name: "",
    model: "",
    mode: "",
    armed: false,
    rel_alt_m: 0,
    x: 0,
    y: 0,
    z: 0,
    vx: 0,
    vy: 0,
    vz: 0,
    roll_deg: 0,
    pitch_deg: 0,
    heading_deg: 0,
    speed_ms: 0,
    battery_pct: 0,
    voltage_v: 0,
    current_a: 0,
    status: "ok",
  };

  /** Reads a message; answers a frame whose drones are made one by one while they are taken over. */
  read(message: ArrayBuffer | Uint8Array, now: number): Frame | undefined {
    if (this.decoder.decode(message) !== "ok") return undefined;
    this.#goodAt = now;
    const { decoder } = this;
    return {
      session: decoder.session,
      tick: decoder.tick,
      simTime: decoder.tick / decoder.hz,
      drones: new Drones(decoder.size, () => this.#each()),
      refused: 0,
      publishedUs: decoder.clock.publishedUs,
    };
  }

  /** Whether the stream should be asked for again: a snapshot was missed and none came since. */
  stuck(now: number): boolean {
    return !this.decoder.ready && now - this.#goodAt > STUCK_S;
  }

  /** How many drones there are whose names are not known. */
  nameless(fleet: Fleet): boolean {
    return this.names.size < fleet.size;
  }

  *#each(): IterableIterator<DroneSample> {
    const d = this.#d;
    const s = this.#state;
    for (const slot of this.decoder.slots()) {
      this.decoder.at(slot, this.decoder.tick, s);
      let id = this.#ids[slot];
      if (id === undefined) {
        id = `d${slot + 1}`;
        this.#ids[slot] = id;
      }
      const known = this.names.get(id);
      d.id = id;
      d.name = known?.name ?? id;
      d.model = known?.model ?? "";
      [d.x, d.y, d.z] = s.p;
      [d.vx, d.vy, d.vz] = s.v;
      d.rel_alt_m = s.p[2] - s.homeZ;
      d.heading_deg = s.heading;
      d.speed_ms = Math.hypot(d.vx, d.vy);
      d.battery_pct = s.battery;
      d.mode = modeWord(s.mode);
      d.status = statusWord(s.status);
      d.armed = (s.flags & FLAG_ARMED) !== 0;
      yield d;
    }
  }
}

/** A list that is made while it is walked: ten thousand objects a frame would be garbage at once. */
class Drones {
  constructor(
    readonly length: number,
    readonly walk: () => IterableIterator<DroneSample>,
  ) {}

  [Symbol.iterator](): IterableIterator<DroneSample> {
    return this.walk();
  }
}
