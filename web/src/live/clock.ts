// RenderClock decides which simulated instant the screen shows. Frames arrive
// with jitter, the simulation may run at 0.1 or 100 times, pause and step; the
// shown time must still advance smoothly and never backwards.
//
// `now` is always an argument (seconds of a steady clock), so every case can be
// tested without waiting.

const WINDOW = 24; // arrivals remembered: a second of them at 20 Hz
/** Shown this many frame intervals behind the newest sample: one to interpolate over, a quarter for jitter. */
const DELAY_INTERVALS = 1.25;
/** Dead reckoning runs at most this long past the newest sample, in wall seconds. */
export const DEAD_RECKON_S = 0.25;
/** After a longer gap the old arrivals say nothing; the clock starts over at the newest frame. */
const SLEPT_S = 1.5;
const PULL_S = 0.25; // time constant with which a phase error is taken out
const PAUSED_PULL_S = 0.04; // after a single step the picture shall be there at once

export class RenderClock {
  #arrivals = new Float64Array(WINDOW);
  #sims = new Float64Array(WINDOW);
  #n = 0; // arrivals seen, ever
  #shown = 0;
  #shownAt = 0;
  #paused = false;

  /** Simulated seconds per wall second, as measured from the arrivals. */
  rate = 1;
  /** Mean wall seconds between frames. */
  interval = 0.05;

  /** A frame of simulated time `sim` arrived. Answers false when time went backwards: another session, or a reset. */
  frame(sim: number, now: number): boolean {
    const continuous = this.#n === 0 || sim >= this.#lastSim();
    const slept = this.#n > 0 && now - this.#lastArrival() > SLEPT_S && !this.#paused;
    if (!continuous || slept) this.#n = 0;
    if (this.#n === 0) {
      this.#shown = sim;
      this.#shownAt = now;
    }
    const i = this.#n % WINDOW;
    this.#arrivals[i] = now;
    this.#sims[i] = sim;
    this.#n++;
    this.#measure();
    return continuous;
  }

  /** Forgets what came before: the next frame is shown where it is. */
  restart(): void {
    this.#n = 0;
  }

  pause(paused: boolean): void {
    if (this.#paused && !paused) {
      // The arrivals of the pause say nothing about the rate after it.
      this.#n = Math.min(this.#n, 1);
      if (this.#n === 1) {
        this.#arrivals[0] = this.#shownAt;
        this.#sims[0] = this.#shown;
      }
    }
    this.#paused = paused;
  }

  /** The simulated time to show at `now`. Calls must not go back in time. */
  at(now: number): number {
    if (this.#n === 0) return 0;
    const dt = Math.max(0, now - this.#shownAt);
    this.#shownAt = now;
    const newest = this.#lastSim();
    const sinceArrival = now - this.#lastArrival();

    const rate = this.#paused ? 0 : this.rate;
    const delay = DELAY_INTERVALS * this.interval;
    const target = this.#paused ? newest : newest + rate * (sinceArrival - delay);
    let shown = this.#shown + rate * dt;
    const error = target - shown;
    if (Math.abs(error) > Math.max(1, 2 * rate)) {
      shown = target; // seconds behind: a tab that slept. Walking there would show a film nobody asked for.
    } else {
      shown += error * (1 - Math.exp(-dt / (this.#paused ? PAUSED_PULL_S : PULL_S)));
    }
    shown = Math.min(shown, newest + this.reach);
    this.#shown = Math.max(this.#shown, shown);
    return this.#shown;
  }

  /** How far, in simulated seconds, a drone may be drawn beyond its newest sample. */
  get reach(): number {
    return this.#paused ? 0 : Math.min(1, DEAD_RECKON_S * this.rate);
  }

  #lastSim(): number {
    return this.#sims[(this.#n - 1) % WINDOW] ?? 0;
  }

  #lastArrival(): number {
    return this.#arrivals[(this.#n - 1) % WINDOW] ?? 0;
  }

  #measure(): void {
    const have = Math.min(this.#n, WINDOW);
    if (have < 2) return;
    const last = (this.#n - 1) % WINDOW;
    const first = (this.#n - have) % WINDOW;
    const wall = (this.#arrivals[last] ?? 0) - (this.#arrivals[first] ?? 0);
    const sim = (this.#sims[last] ?? 0) - (this.#sims[first] ?? 0);
    if (wall < 0.02) return;
    this.interval = Math.min(1, wall / (have - 1));
    this.rate = sim / wall;
  }
}
