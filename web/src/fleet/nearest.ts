// Which drones are free to be sent somewhere, and which of them are the nearest.
import { type Fleet, KIND } from "../live/fleet";

const ENOUGH_BATTERY = 30;
const busy = new Set(["mission", "takeoff", "land", "rtl", "fault"]);

/** Healthy, charged, and not on a task of its own. */
export function available(fleet: Fleet, slot: number): boolean {
  return (
    fleet.alive[slot] === 1 &&
    (fleet.kind[slot] ?? 0) < KIND.warning &&
    (fleet.battery[slot] ?? 0) >= ENOUGH_BATTERY &&
    !busy.has(fleet.mode[slot] ?? "")
  );
}

/** Ids of the `n` nearest available drones to a place, the nearest first. */
export function nearestAvailable(fleet: Fleet, at: { x: number; y: number }, n: number): string[] {
  const found: { slot: number; d: number }[] = [];
  for (let s = 0; s < fleet.high; s++) {
    if (!available(fleet, s)) continue;
    found.push({ slot: s, d: Math.hypot((fleet.x[s] ?? 0) - at.x, (fleet.y[s] ?? 0) - at.y) });
  }
  found.sort((a, b) => a.d - b.d || a.slot - b.slot);
  return found.slice(0, Math.max(0, Math.floor(n))).map((f) => fleet.id[f.slot] ?? "");
}
