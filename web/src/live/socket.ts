// LiveSocket is the dashboard's one connection: it hears the streams and hands
// them on as domain objects, and carries commands with their answers. It keeps
// no commands for a better time: without a connection they fail at once.
import { io, type Socket } from "socket.io-client";
import { askToken, token } from "../api/token";
import {
  type Answer,
  type CommandResult,
  type FleetEvent,
  type Frame,
  readAck,
  readCommandAck,
  readEvent,
  readFrame,
  readStatus,
  type Status,
} from "../wire/messages";
import { number, record } from "../wire/read";
import { type ReplayState, readReplay } from "../wire/replay";

export interface Listener {
  frame(f: Frame): void;
  /** What packed frames leave out, of the drones asked for. */
  detail(f: Frame): void;
  /** A packed message; answers whether the stream must be asked for anew. */
  packed(message: ArrayBuffer | Uint8Array): boolean;
  status(s: Status): void;
  event(e: FleetEvent): void;
  /** How the recording that is watched stands. */
  replay(r: ReplayState): void;
  dropped(frames: number): void;
  connected(): void;
  disconnected(): void;
  bytes(n: number): void;
  /** The way there and back, and how far the server's clock is ahead of this one, in milliseconds. */
  rtt(ms: number, ahead: number | undefined): void;
}

export interface Command {
  readonly id: string;
  readonly drones: readonly string[] | "all";
  readonly type: string;
  readonly params?: Readonly<Record<string, number | string | boolean>>;
}

export type SimAction =
  | { readonly action: "pause" | "resume" }
  | { readonly action: "step"; readonly ticks: number }
  | { readonly action: "speed"; readonly speed: number };

const ANSWER_MS = 5000;
const PING_EVERY_MS = 2000;
const STATUS_WAIT_MS = 300;

/** From this many drones on the packed stream is taken: plain JSON of so many costs more to read than to draw. */
export const PACKED_FROM = 400;
/** Going back to JSON waits until the fleet is clearly smaller, or it would switch to and fro. */
const PACKED_UNTIL = 300;
/** Drones whose attitude, voltage and mission are asked for beside the packed stream. */
export const DETAILED = 100;
const DETAIL_HZ = 10;

/** How the fleet is heard: in full at a rate that suits it, or packed. */
export function rateFor(drones: number): number {
  if (drones <= 200) return 20;
  return drones < PACKED_FROM ? 10 : 5;
}

/** How far a packed drone may be drawn from the truth: less than its dot covers at the distance so many are seen from. */
function toleranceFor(drones: number): number {
  return drones <= 2000 ? 0.1 : 0.25;
}

export class LiveSocket {
  #socket: Socket;
  #listener: Listener;
  #rate = 20;
  /** The recording that is watched in place of the live fleet. */
  #replay = "";
  #replaySession = "";
  #asked = false;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #packed = false;
  #plainOnly = false;
  #drones = 0;
  #detailed: readonly string[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
    // WebSocket first: the polling handshake would cost two round trips before the first frame.
    this.#socket = io({
      path: "/socket.io/",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 400,
      reconnectionDelayMax: 3000,
      timeout: 8000,
      autoConnect: false,
      auth: (give) => give({ token: token() }),
    });
    this.#hear();
  }

  open(): void {
    this.#socket.connect();
    this.#timer = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  async command(c: Command): Promise<Answer<CommandResult>> {
    const answer = await this.#ask("command", c);
    return answer.ok ? readCommandAck(answer.value) : answer;
  }

  async sim(action: SimAction): Promise<Answer<true>> {
    const answer = await this.#ask("sim", action);
    if (!answer.ok) return answer;
    const ack = readAck(answer.value);
    return ack.ok ? { ok: true, value: true } : ack;
  }

  #hear(): void {
    const s = this.#socket;
    const l = this.#listener;
    s.on("connect", () => {
      l.connected();
      // The status says how large the fleet is, and comes at once: asking before it
      // would fetch ten thousand drones as text, only to change one's mind.
      clearTimeout(this.#soon);
      this.#asked = false;
      this.#soon = setTimeout(() => this.#subscribe(), STATUS_WAIT_MS);
      this.#ping();
    });
    s.on("disconnect", (reason) => {
      l.disconnected();
      // After a disconnect by the server the client library stays quiet; the operator expects it to come back.
      if (reason === "io server disconnect") setTimeout(() => s.connect(), 1000);
    });
    s.on("connect_error", (e) => {
      l.disconnected();
      // The library doesn't try again by itself when it was refused.
      if (e.message === "unauthorized") void askToken().then((given) => given && s.connect());
    });
    s.on("drones", (m: unknown) => {
      const frame = readFrame(m);
      if (!frame) return;
      if (this.#replay === "" && this.#packed) {
        l.detail(frame);
        return;
      }
      // What is still under way from the other of the two worlds is not this picture's.
      if (this.#replay !== "" && frame.session !== this.#replaySession) return;
      l.frame(frame);
      if (this.#replay === "") this.#pace(frame.drones.length);
    });
    s.on("drones_compact", (m: unknown) => {
      if (!(m instanceof ArrayBuffer || m instanceof Uint8Array) || !this.#packed || this.#replay !== "")
        return;
      if (l.packed(m)) this.#subscribe();
    });
    s.on("status", (m: unknown) => {
      const status = readStatus(m);
      if (!status) return;
      l.status(status);
      if (this.#replay !== "") return;
      this.#pace(status.drones);
      if (!this.#asked) this.#subscribe();
    });
    s.on("event", (m: unknown) => {
      const event = readEvent(m);
      if (event) l.event(event);
    });
    s.on("replay", (m: unknown) => {
      const r = readReplay(m);
      if (r) l.replay(r);
    });
    s.on("dropped", (m: unknown) => l.dropped(number(record(m)?.frames) ?? 0));
    s.io.on("open", () => {
      s.io.engine.on("packet", (p: { data?: unknown }) => {
        if (typeof p.data === "string") l.bytes(p.data.length);
        else if (p.data instanceof ArrayBuffer) l.bytes(p.data.byteLength);
      });
    });
  }

  /** Names the drones whose every figure is wanted, beside a packed stream. */
  detail(ids: readonly string[]): void {
    const next = ids.slice(0, DETAILED);
    if (next.join() === this.#detailed.join()) return;
    this.#detailed = next;
    if (this.#packed) this.#subscribeDetail();
  }

  /** Watches a recording in place of the live fleet. */
  async joinReplay(id: string, session: string): Promise<Answer<ReplayState>> {
    this.#replay = id;
    // The first frame comes before the answer; of a paused recording it is the only one.
    this.#replaySession = session;
    this.#socket.emit("unsubscribe", { stream: "drones_compact" }, () => {});
    this.#socket.emit("unsubscribe", { stream: "drones" }, () => {});
    return this.#askReplay({ id, action: "join" });
  }

  /** Goes back to the live fleet. */
  async leaveReplay(id: string): Promise<void> {
    await this.#ask("replay", { id, action: "leave" });
    this.#replay = "";
    this.#subscribe();
  }

  steer(id: string, a: object): Promise<Answer<ReplayState>> {
    return this.#askReplay({ id, ...a });
  }

  async #askReplay(payload: object): Promise<Answer<ReplayState>> {
    const answer = await this.#ask("replay", payload);
    if (!answer.ok) return answer;
    const ack = readAck(answer.value);
    if (!ack.ok) return ack;
    const r = readReplay(ack.value.replay);
    return r
      ? { ok: true, value: r }
      : { ok: false, message: "The server did not say how the replay stands" };
  }

  #subscribe(): void {
    const s = this.#socket;
    if (!s.connected) return;
    if (this.#replay !== "") {
      void this.joinReplay(this.#replay, this.#replaySession);
      return;
    }
    clearTimeout(this.#soon);
    this.#asked = true;
    s.emit("subscribe", { stream: "events" }, noteRefusal);
    if (!this.#packed) {
      s.emit("unsubscribe", { stream: "drones_compact" }, () => {});
      s.emit("subscribe", { stream: "drones", rate_hz: this.#rate }, noteRefusal);
      return;
    }
    const ask = {
      stream: "drones_compact",
      tolerance_m: toleranceFor(this.#drones),
      rate_hz: this.#rate,
    };
    s.emit("subscribe", ask, (ack: unknown) => {
      if (readAck(ack).ok) return;
      // A server without the packed stream: JSON, as slow as it must be.
      this.#packed = false;
      this.#plainOnly = true;
      s.emit("subscribe", { stream: "drones", rate_hz: this.#rate }, noteRefusal);
    });
    this.#subscribeDetail();
  }

  #subscribeDetail(): void {
    const s = this.#socket;
    if (!s.connected) return;
    if (this.#detailed.length === 0) s.emit("unsubscribe", { stream: "drones" }, () => {});
    else s.emit("subscribe", { stream: "drones", rate_hz: DETAIL_HZ, ids: this.#detailed }, noteRefusal);
  }

  /** Asks for the stream and rate that suit the fleet, when they changed. */
  #pace(drones: number): void {
    if (drones === 0) return;
    this.#drones = drones;
    const packed = !this.#plainOnly && drones >= (this.#packed ? PACKED_UNTIL : PACKED_FROM);
    const rate = rateFor(drones);
    if (rate === this.#rate && packed === this.#packed) return;
    this.#rate = rate;
    this.#packed = packed;
    this.#subscribe();
  }

  #ping(): void {
    if (!this.#socket.connected) return;
    const sent = performance.now();
    const wall = Date.now();
    this.#socket.timeout(ANSWER_MS).emit("latency", {}, (err: unknown, ack: unknown) => {
      if (err) return;
      const rtt = performance.now() - sent;
      const server = number(record(ack)?.server_time_us);
      this.#listener.rtt(rtt, server === undefined ? undefined : server / 1000 - (wall + rtt / 2));
    });
  }

  #ask(name: string, payload: unknown): Promise<Answer<unknown>> {
    if (!this.#socket.connected)
      return Promise.resolve({ ok: false, message: "Not connected. Nothing was sent." });
    return new Promise((resolve) => {
      this.#socket.timeout(ANSWER_MS).emit(name, payload, (err: unknown, ack: unknown) => {
        resolve(
          err
            ? { ok: false, message: "No answer within 5 s. It may or may not have been carried out." }
            : { ok: true, value: ack },
        );
      });
    });
  }
}

function noteRefusal(ack: unknown): void {
  const a = readAck(ack);
  if (!a.ok) console.warn(`subscription refused: ${a.message}`);
}
