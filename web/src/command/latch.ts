// Latch is the emergency stop. Engaged, every flying drone is told to hold and
// nothing but what calms a flight may be sent, until a person releases it. It
// outlives a reload of the page: a stop that forgets itself is none.
import { type Signal, signal } from "@preact/signals";

const KEY = "volary.stopped";

export class Latch {
  readonly engaged: Signal<boolean>;

  constructor(
    readonly stopAll: () => void,
    readonly possible: () => boolean,
    readonly memory: Pick<Storage, "getItem" | "setItem" | "removeItem"> = sessionStorage,
  ) {
    this.engaged = signal(memory.getItem(KEY) === "1");
  }

  /** Engages; pressing again while engaged tells everyone once more. */
  engage(): boolean {
    if (!this.possible()) return false;
    this.engaged.value = true;
    this.memory.setItem(KEY, "1");
    this.stopAll();
    return true;
  }

  release(): void {
    this.engaged.value = false;
    this.memory.removeItem(KEY);
  }
}
