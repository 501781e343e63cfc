// LiveSocket is the dashboard's one connection: it hears the streams and hands
// them on as domain objects, and carries commands with their answers. It keeps
// no commands for a better time: without a connection they fail at once.
import { io, type Socket } from "socket.io-client";
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

export interface Listener {
  frame(f: Frame): void;
  status(s: Status): void;
  event(e: FleetEvent): void;
  dropped(frames: number): void;
  connected(): void;
  disconnected(): void;
  bytes(n: number): void;
  rtt(ms: number): void;
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

/** Plain JSON of a large fleet is heavy; interpolation hides the lower rate. */
export function rateFor(drones: number): number {
  if (drones <= 300) return 20;
  return drones <= 1500 ? 10 : 5;
}

export class LiveSocket {
  #socket: Socket;
  #listener: Listener;
  #rate = 20;
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
      this.#subscribe();
      this.#ping();
    });
    s.on("disconnect", (reason) => {
      l.disconnected();
      // After a disconnect by the server the client library stays quiet; the operator expects it to come back.
      if (reason === "io server disconnect") setTimeout(() => s.connect(), 1000);
    });
    s.on("connect_error", () => l.disconnected());
    s.on("drones", (m: unknown) => {
      const frame = readFrame(m);
      if (!frame) return;
      l.frame(frame);
      this.#pace(frame.drones.length);
    });
    s.on("status", (m: unknown) => {
      const status = readStatus(m);
      if (!status) return;
      l.status(status);
      this.#pace(status.drones);
    });
    s.on("event", (m: unknown) => {
      const event = readEvent(m);
      if (event) l.event(event);
    });
    s.on("dropped", (m: unknown) => l.dropped(number(record(m)?.frames) ?? 0));
    s.io.on("open", () => {
      s.io.engine.on("packet", (p: { data?: unknown }) => {
        if (typeof p.data === "string") l.bytes(p.data.length);
        else if (p.data instanceof ArrayBuffer) l.bytes(p.data.byteLength);
      });
    });
  }

  #subscribe(): void {
    if (!this.#socket.connected) return;
    this.#socket.emit("subscribe", { stream: "drones", rate_hz: this.#rate }, noteRefusal);
    this.#socket.emit("subscribe", { stream: "events" }, noteRefusal);
  }

  /** Asks for the rate that suits the fleet, when it changed. */
  #pace(drones: number): void {
    const rate = rateFor(drones);
    if (rate === this.#rate || drones === 0) return;
    this.#rate = rate;
    this.#subscribe();
  }

  #ping(): void {
    if (!this.#socket.connected) return;
    const sent = performance.now();
    this.#socket.timeout(ANSWER_MS).emit("latency", {}, (err: unknown) => {
      if (!err) this.#listener.rtt(performance.now() - sent);
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
