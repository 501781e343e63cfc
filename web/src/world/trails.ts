// Trails remembers where every drone was, a few times a second, in a ring of
// columns: one column a moment, one place a slot. Only the trails asked for are
// turned into lines; they are the costly part of the picture.
import type { Fleet } from "../live/fleet";
import type { LineBatch } from "./gl";

/** Small fleets get finer columns; the ring stays below 20 MB either way. */
const FINE = { upTo: 2048, columns: 320, everyS: 0.125 };
const COARSE = { columns: 140, everyS: 0.28 };
const MAX_SEGMENTS = 12_000;
const JUMP_M = 2000; // longer steps are a reset, not a flight

export class Trails {
  #columns = FINE.columns;
  // Wall seconds, so that a fast simulation shows a longer path.
  #everyS = FINE.everyS;
  #ring = new Float32Array(0);
  #capacity = 0;
  #column = 0;
  #filled = 0;
  #at = Number.NEGATIVE_INFINITY;
  /** Rises with each column. */
  revision = 0;

  /** Remembers the positions of now, if it is time; at most eight times a second. */
  sample(fleet: Fleet, now: number): void {
    if (now - this.#at < this.#everyS || fleet.size === 0) return;
    this.#at = now;
    if (this.#capacity < fleet.alive.length) this.#grow(fleet.alive.length);
    this.#column = (this.#column + 1) % this.#columns;
    this.#filled = Math.min(this.#columns, this.#filled + 1);
    const o = this.#column * this.#capacity * 3;
    for (let s = 0; s < fleet.high; s++) {
      const i = o + s * 3;
      const alive = fleet.alive[s];
      this.#ring[i] = alive ? (fleet.x[s] ?? 0) - fleet.originX : Number.NaN;
      this.#ring[i + 1] = (fleet.y[s] ?? 0) - fleet.originY;
      this.#ring[i + 2] = fleet.z[s] ?? 0;
    }
    this.revision++;
  }

  clear(): void {
    this.#filled = 0;
    this.#ring.fill(Number.NaN);
    this.revision++;
  }

  /** Writes the lines of the given slots, fading towards the past. */
  lines(
    slots: readonly number[],
    colour: readonly [number, number, number],
    strength: number,
    into: LineBatch,
  ): void {
    if (this.#filled < 3) return;
    const budget = Math.floor(MAX_SEGMENTS / Math.max(1, slots.length));
    const columns = Math.min(this.#filled, Math.max(8, budget));
    for (const s of slots) {
      let newer = -1;
      // The newest column is ahead of what is on screen; the head segment to the drone is drawn each frame instead.
      for (let k = 1; k < columns; k++) {
        const c = (this.#column - k + this.#columns) % this.#columns;
        const i = (c * this.#capacity + s) * 3;
        const r = this.#ring;
        if (Number.isNaN(r[i] ?? Number.NaN)) break;
        if (newer >= 0) {
          if (Math.abs(r[i]! - r[newer]!) + Math.abs(r[i + 1]! - r[newer + 1]!) > JUMP_M) break;
          const a = (1 - k / columns) * strength;
          const b = (1 - (k - 1) / columns) * strength;
          into.add(r[i]!, r[i + 1]!, r[i + 2]!, a, r[newer]!, r[newer + 1]!, r[newer + 2]!, b, colour, 2);
        }
        newer = i;
      }
    }
  }

  /** The last remembered place that is surely behind the drone on screen. */
  head(slot: number, out: { x: number; y: number; z: number }): boolean {
    if (this.#filled < 3) return false;
    const i = (((this.#column - 1 + this.#columns) % this.#columns) * this.#capacity + slot) * 3;
    const x = this.#ring[i] ?? Number.NaN;
    if (Number.isNaN(x)) return false;
    out.x = x;
    out.y = this.#ring[i + 1] ?? 0;
    out.z = this.#ring[i + 2] ?? 0;
    return true;
  }

  #grow(capacity: number): void {
    const pace = capacity <= FINE.upTo ? FINE : COARSE;
    this.#columns = pace.columns;
    this.#everyS = pace.everyS;
    this.#capacity = capacity;
    this.#ring = new Float32Array(this.#columns * capacity * 3).fill(Number.NaN);
    this.#column = 0;
    this.#filled = 0;
  }
}
