// StripMemory remembers the last minute of every drone's figures in one ring of
// columns, so that a drone just selected has a past to show.
import type { Fleet } from "../live/fleet";

export const FIELDS = ["height", "speed", "climb", "battery"] as const;
export type Field = (typeof FIELDS)[number];

/** Wall seconds remembered. */
export const SPAN_S = 60;
/** Small fleets get finer columns; the ring stays below 10 MB either way. */
const FINE = { upTo: 2048, everyS: 0.25 };
const COARSE_EVERY_S = 1;
/** A drone missing for a column leaves a gap in its line. */
const GAP = Number.NaN;

export class StripMemory {
  revision = 0;
  #everyS = FINE.everyS;
  #columns = SPAN_S / FINE.everyS;
  #capacity = 0;
  #ring = new Float32Array(0);
  #times = new Float64Array(this.#columns).fill(GAP);
  #column = -1;
  #filled = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** Remembers the figures of now, if it is time; `sim` labels the column. */
  sample(fleet: Fleet, sim: number, now: number): void {
    if (now - this.#at < this.#everyS || fleet.size === 0) return;
    // While time stands still nothing is added: a pause is no flight of constant height.
    if (this.#filled > 0 && sim === this.#times[this.#column]) return;
    this.#at = now;
    if (this.#capacity < fleet.alive.length) this.#grow(fleet.alive.length);
    this.#column = (this.#column + 1) % this.#columns;
    this.#filled = Math.min(this.#columns, this.#filled + 1);
    this.#times[this.#column] = sim;
    const base = this.#column * this.#capacity * FIELDS.length;
    for (let s = 0; s < fleet.high; s++) {
      const o = base + s * FIELDS.length;
      if (!fleet.alive[s]) {
        this.#ring[o] = GAP;
        continue;
      }
      this.#ring[o] = fleet.height[s] ?? GAP;
      this.#ring[o + 1] = fleet.speed[s] ?? GAP;
      this.#ring[o + 2] = fleet.vz[s] ?? GAP;
      this.#ring[o + 3] = fleet.battery[s] ?? GAP;
    }
    this.revision++;
  }

  clear(): void {
    this.#filled = 0;
    this.#column = -1;
    this.#ring.fill(GAP);
    this.revision++;
  }

  /** Simulated seconds of the columns, the oldest first. */
  times(): number[] {
    return this.#order().map((c) => this.#times[c] ?? GAP);
  }

  /** One drone's figure over the columns; null where there was none. */
  line(slot: number, field: Field): (number | null)[] {
    const f = FIELDS.indexOf(field);
    return this.#order().map((c) => {
      const v = this.#ring[(c * this.#capacity + slot) * FIELDS.length + f] ?? GAP;
      return Number.isNaN(v) ? null : v;
    });
  }

  /** Least, mean and greatest of many drones, column by column. */
  spread(slots: readonly number[], field: Field): [(number | null)[], (number | null)[], (number | null)[]] {
    const f = FIELDS.indexOf(field);
    const min: (number | null)[] = [];
    const mean: (number | null)[] = [];
    const max: (number | null)[] = [];
    for (const c of this.#order()) {
      let [lo, hi, sum, n] = [Infinity, -Infinity, 0, 0];
      for (const s of slots) {
        const v = this.#ring[(c * this.#capacity + s) * FIELDS.length + f] ?? GAP;
        if (Number.isNaN(v)) continue;
        lo = Math.min(lo, v);
        hi = Math.max(hi, v);
        sum += v;
        n++;
      }
      min.push(n > 0 ? lo : null);
      mean.push(n > 0 ? sum / n : null);
      max.push(n > 0 ? hi : null);
    }
    return [min, mean, max];
  }

  #order(): number[] {
    const first = this.#column - this.#filled + 1;
    return Array.from({ length: this.#filled }, (_, i) => (first + i + this.#columns) % this.#columns);
  }

  #grow(capacity: number): void {
    this.#everyS = capacity <= FINE.upTo ? FINE.everyS : COARSE_EVERY_S;
    this.#columns = SPAN_S / this.#everyS;
    this.#capacity = capacity;
    this.#ring = new Float32Array(this.#columns * capacity * FIELDS.length).fill(GAP);
    this.#times = new Float64Array(this.#columns).fill(GAP);
    this.#column = -1;
    this.#filled = 0;
  }
}
