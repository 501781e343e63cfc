// LinkWatch turns what was heard, and when, into what may be believed: is the
// picture live, old, cut off from the backend, or is the simulator itself gone?
// It has no timer and no socket; `now` (seconds) is an argument.

export type LinkName = "live" | "stale" | "lost" | "simulator_gone";

export interface LinkView {
  readonly name: LinkName;
  /** Seconds since the newest data about the drones; Infinity before the first. */
  readonly age: number;
  /** The first connection is still being made: nothing is lost yet. */
  readonly connecting: boolean;
  /** The picture is too old to act on. */
  readonly greyed: boolean;
  /** Commands may be sent. They are never kept for later: a command that waits hits another situation. */
  readonly commands: boolean;
}

const STALE_S = 1;
const GREY_S = 3;

export class LinkWatch {
  #connected = false;
  #everConnected = false;
  #lostAt = 0;
  #frameAt = Number.NEGATIVE_INFINITY;
  #statusAt = Number.NEGATIVE_INFINITY;
  #simulator = true;
  #goneAt = 0;
  /** While paused, or with no drones, no frames are due: the status alone keeps the picture fresh. */
  #quiet = false;

  connected(): void {
    this.#connected = true;
    this.#everConnected = true;
    // What the last connection said of the simulator may no longer hold.
    this.#simulator = true;
  }

  disconnected(now: number): void {
    if (this.#connected || !this.#everConnected) this.#lostAt = now;
    this.#connected = false;
  }

  frame(now: number): void {
    this.#frameAt = now;
  }

  status(s: { simulator: boolean; paused: boolean; drones: number }, now: number): void {
    this.#statusAt = now;
    if (this.#simulator && !s.simulator) this.#goneAt = now;
    this.#simulator = s.simulator;
    this.#quiet = s.paused || s.drones === 0;
  }

  view(now: number): LinkView {
    const heard = this.#quiet ? Math.max(this.#frameAt, this.#statusAt) : this.#frameAt;
    const age = now - heard;
    if (!this.#connected) {
      const greyed = this.#everConnected && now - this.#lostAt >= GREY_S;
      return { name: "lost", age, connecting: !this.#everConnected, greyed, commands: false };
    }
    if (!this.#simulator) {
      return {
        name: "simulator_gone",
        age,
        connecting: false,
        greyed: now - this.#goneAt >= GREY_S,
        commands: false,
      };
    }
    const waiting = heard === Number.NEGATIVE_INFINITY;
    const name = age > STALE_S ? "stale" : "live";
    return { name, age, connecting: false, greyed: !waiting && age >= GREY_S, commands: true };
  }
}
