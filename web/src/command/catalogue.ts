// The commands a person can give, and how sure they must be before one is sent.
import { t } from "../text";

export type CommandType =
  | "arm"
  | "disarm"
  | "takeoff"
  | "land"
  | "hold"
  | "goto"
  | "velocity"
  | "mission_start"
  | "mission_pause"
  | "mission_resume"
  | "orbit"
  | "rtl"
  | "set_speed"
  | "kill"
  | "remove";

/** None: a click. Hold: the button is held down. Type: the count is typed. */
export type Tier = "none" | "hold" | "type";

/** From here on a slip reaches a crowd: the count is typed, whatever the command. */
export const CROWD = 50;
export const HOLD_MS = 800;

const tiers: Readonly<Record<CommandType, Tier>> = {
  hold: "none",
  goto: "none",
  orbit: "none",
  velocity: "none",
  set_speed: "none",
  mission_pause: "none",
  arm: "hold",
  disarm: "hold",
  takeoff: "hold",
  land: "hold",
  rtl: "hold",
  mission_start: "hold",
  mission_resume: "hold",
  kill: "type",
  remove: "type",
};

/** Hold stays free at any number: it is what one reaches for when things go wrong. */
export function tierOf(type: CommandType, drones: number): Tier {
  if (type === "hold") return "none";
  return drones > CROWD ? "type" : tiers[type];
}

/** What may still be sent while the emergency stop is latched: only what ends or calms a flight. */
export function calming(type: CommandType): boolean {
  return type === "hold" || type === "land" || type === "rtl" || type === "disarm" || type === "kill";
}

export function titleOf(type: CommandType): string {
  return t.command[type];
}
