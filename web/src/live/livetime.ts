// LiveTime drives the simulation itself: pause, step and speed go to the server.
import type { Signal } from "@preact/signals";
import { t } from "../text";
import type { Status } from "../wire/messages";
import type { LiveSocket, SimAction } from "./socket";
import type { TimeDriver } from "./time";

export interface LiveTimeParts {
  readonly socket: LiveSocket;
  readonly status: Signal<Status | undefined>;
  readonly allowed: () => boolean;
  readonly say: (text: string) => void;
  readonly now: () => number;
  /** An accepted change shows at once; the next status confirms it within a second. */
  readonly assume: (change: Partial<Pick<Status, "paused" | "speed">>) => void;
}

export class LiveTime implements TimeDriver {
  readonly replay = false;

  constructor(readonly parts: LiveTimeParts) {}

  get paused(): boolean {
    return this.parts.status.value?.paused ?? false;
  }

  get speed(): number {
    return this.parts.status.value?.speed ?? 1;
  }

  now(): number {
    return this.parts.now();
  }

  async togglePause(): Promise<void> {
    const paused = this.paused;
    if (await this.#ask({ action: paused ? "resume" : "pause" })) this.parts.assume({ paused: !paused });
  }

  async step(): Promise<void> {
    if (this.paused) await this.#ask({ action: "step", ticks: 1 });
  }

  async setSpeed(speed: number): Promise<void> {
    if (await this.#ask({ action: "speed", speed })) this.parts.assume({ speed });
  }

  async #ask(action: SimAction): Promise<boolean> {
    if (!this.parts.allowed()) {
      this.parts.say(t.desk.noServer);
      return false;
    }
    const answer = await this.parts.socket.sim(action);
    if (!answer.ok) this.parts.say(answer.message);
    return answer.ok;
  }
}
