// TimeControl is where pause, step and speed are asked for. The keys and the bar
// of time don't know whether the world is live or a recording: whoever drives
// time at the moment answers.
import { type Signal, signal } from "@preact/signals";

export interface TimeDriver {
  readonly replay: boolean;
  readonly paused: boolean;
  /** Times real time; negative runs backwards. */
  readonly speed: number;
  togglePause(): Promise<void>;
  step(): Promise<void>;
  setSpeed(speed: number): Promise<void>;
  /** Simulated seconds on screen. */
  now(): number;
}

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100] as const;

export class TimeControl {
  readonly driver: Signal<TimeDriver>;

  constructor(readonly live: TimeDriver) {
    this.driver = signal(live);
  }

  get replaying(): boolean {
    return this.driver.value.replay;
  }

  now(): number {
    return this.driver.value.now();
  }

  togglePause(): Promise<void> {
    return this.driver.value.togglePause();
  }

  step(): Promise<void> {
    return this.driver.value.step();
  }

  setSpeed(speed: number): Promise<void> {
    return this.driver.value.setSpeed(speed);
  }

  /** The next speed up (1) or down (-1) the ladder. */
  async shiftSpeed(by: 1 | -1): Promise<void> {
    const now = Math.abs(this.driver.value.speed);
    const next = by > 0 ? SPEEDS.find((s) => s > now * 1.001) : SPEEDS.findLast((s) => s < now * 0.999);
    if (next !== undefined) await this.setSpeed(next * Math.sign(this.driver.value.speed || 1));
  }
}
