// ReplayTime drives a recording that the server plays: play, pause, seek, speed in
// both directions, frame by frame. It is where J, K and L end.
import { type Signal, signal } from "@preact/signals";
import type { Answer } from "../wire/messages";
import type { ReplayState } from "../wire/replay";
import type { TimeDriver } from "./time";

export type ReplayAction =
  | { readonly action: "play" | "pause" }
  | { readonly action: "seek"; readonly to: number }
  | { readonly action: "speed"; readonly speed: number }
  | { readonly action: "step"; readonly frames: number };

/** Speeds that L, pressed again, goes up, and J the other way. */
const SHUTTLE = [1, 2, 4, 8, 16, 32] as const;
const MIN = 0.1;
const MAX = 50;
/** While the timeline is dragged, seeks are sent this often at most. */
const SEEK_EVERY_MS = 80;

export class ReplayTime implements TimeDriver {
  readonly replay = true;
  readonly state: Signal<ReplayState>;
  #seekTo: number | undefined;
  #seeking = false;

  constructor(
    first: ReplayState,
    readonly send: (a: ReplayAction) => Promise<Answer<ReplayState>>,
    readonly shown: () => number,
    readonly say: (text: string) => void,
    /** The next frame is from elsewhere: draw it as it is, without flying there. */
    readonly jump: () => void,
  ) {
    this.state = signal(first);
  }

  get paused(): boolean {
    return this.state.value.state !== "playing";
  }

  get speed(): number {
    return this.state.value.speed;
  }

  now(): number {
    return this.shown();
  }

  async togglePause(): Promise<void> {
    await this.#do({ action: this.paused ? "play" : "pause" });
  }

  async step(): Promise<void> {
    await this.#do({ action: "step", frames: 1 });
  }

  async back(): Promise<void> {
    this.jump();
    await this.#do({ action: "step", frames: -1 });
  }

  async setSpeed(speed: number): Promise<void> {
    const s = Math.sign(speed) * Math.min(MAX, Math.max(MIN, Math.abs(speed)));
    if (Math.sign(s) !== Math.sign(this.speed)) this.jump();
    await this.#do({ action: "speed", speed: s });
  }

  /** J and L: run that way, faster with each press; the other way begins at 1. */
  async shuttle(way: 1 | -1): Promise<void> {
    const same = !this.paused && Math.sign(this.speed) === way;
    const next = same ? (SHUTTLE.find((s) => s > Math.abs(this.speed) * 1.001) ?? 32) : 1;
    await this.setSpeed(way * next);
    if (this.paused) await this.#do({ action: "play" });
  }

  async pause(): Promise<void> {
    if (!this.paused) await this.#do({ action: "pause" });
  }

  /** Goes to a moment. Called while dragging: the newest wish counts, in between are left out. */
  seek(to: number): void {
    const { from, to: end } = this.state.value;
    this.#seekTo = Math.min(end, Math.max(from, to));
    if (!this.#seeking) void this.#seek();
  }

  async #seek(): Promise<void> {
    this.#seeking = true;
    while (this.#seekTo !== undefined) {
      const to = this.#seekTo;
      this.#seekTo = undefined;
      this.jump();
      await this.#do({ action: "seek", to });
      if (this.#seekTo !== undefined) await new Promise((r) => setTimeout(r, SEEK_EVERY_MS));
    }
    this.#seeking = false;
  }

  async #do(a: ReplayAction): Promise<void> {
    const answer = await this.send(a);
    if (answer.ok) this.state.value = answer.value;
    else this.say(answer.message);
  }
}
