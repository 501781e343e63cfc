// What the server says of a recording it plays.
import { number, record, text } from "./read";

export interface ReplayState {
  readonly id: string;
  readonly session: string;
  readonly state: "playing" | "paused" | "ended";
  readonly simTime: number;
  /** Recorded seconds a second; negative runs backwards. */
  readonly speed: number;
  readonly from: number;
  readonly to: number;
  /** Simulated seconds of which nothing was kept, when now is one of them. */
  readonly gap: boolean | undefined;
}

export function readReplay(v: unknown): ReplayState | undefined {
  const r = record(v);
  const id = text(r?.id);
  if (!r || !id) return undefined;
  const state = r.state === "playing" || r.state === "ended" ? r.state : "paused";
  return {
    id,
    session: text(r.session) ?? "",
    state,
    simTime: number(r.sim_time) ?? 0,
    speed: number(r.speed) ?? 1,
    from: number(r.from) ?? 0,
    to: number(r.to) ?? 0,
    gap: record(r.gap) !== undefined,
  };
}

export interface PastEvent {
  readonly simTime: number;
  readonly severity: "info" | "warning" | "error";
  readonly type: string;
  readonly drone: string;
  readonly message: string;
}

/** A stretch of simulated seconds of which nothing was kept. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}
