// Replayer brings a recording onto the screen in place of the live fleet, and takes
// it away again.
import { type Signal, signal } from "@preact/signals";
import { endReplay, getEvents, getSession, type SessionDetail, startReplay } from "../api/history";
import type { App } from "../app";
import { ReplayTime } from "../live/replaytime";
import type { PastEvent, ReplayState } from "../wire/replay";

const JOIN_TRIES = 4;

export class Replayer {
  readonly session: Signal<SessionDetail | undefined> = signal(undefined);
  readonly events: Signal<readonly PastEvent[]> = signal([]);
  readonly problem = signal("");
  readonly loading = signal(false);
  /** What drives time, while a recording is on screen. */
  readonly driver: Signal<ReplayTime | undefined> = signal(undefined);
  #wanted = "";

  constructor(readonly app: App) {}

  async open(id: string, at: number | undefined): Promise<void> {
    if (this.#wanted === id) return;
    await this.close();
    this.#wanted = id;
    this.loading.value = true;
    this.problem.value = "";
    const [session, replay] = await Promise.all([getSession(id), startReplay(id, at, at !== undefined)]);
    if (this.#wanted !== id) {
      if (replay.ok) void endReplay(replay.value.id);
      return;
    }
    this.loading.value = false;
    if (session.ok) this.session.value = session.value;
    if (!replay.ok) {
      this.problem.value = replay.message;
      return;
    }
    const { app } = this;
    const driver = new ReplayTime(
      replay.value,
      (a) => app.socket.steer(replay.value.id, a),
      () => app.shownTime(),
      (text) => app.say(text),
      () => app.jump(),
    );
    this.driver.value = driver;
    app.beginReplay(driver);
    // Joining twice is joining once, so an answer that was lost is asked for again.
    for (let tries = 0; tries < JOIN_TRIES && this.#wanted === id; tries++) {
      const joined = await app.socket.joinReplay(replay.value.id);
      this.problem.value = joined.ok ? "" : joined.message;
      if (joined.ok) break;
    }
    this.events.value = await getEvents(id);
  }

  /** The server said how the recording stands. */
  heard(state: ReplayState): void {
    const d = this.driver.value;
    if (d && d.state.value.id === state.id) {
      d.state.value = state;
      this.app.clock.pause(state.state !== "playing");
    }
  }

  async close(): Promise<void> {
    this.#wanted = "";
    this.session.value = undefined;
    this.events.value = [];
    this.problem.value = "";
    const driver = this.driver.value;
    if (!driver) return;
    this.driver.value = undefined;
    this.app.endReplay();
    await this.app.socket.leaveReplay(driver.state.value.id);
    void endReplay(driver.state.value.id);
  }
}
