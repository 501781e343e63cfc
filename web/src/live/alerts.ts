// Alerts are the events that want a person: warnings and errors, equal ones folded
// across the fleet, open until they are acknowledged. One that happens again after
// that opens anew.
import { type Signal, signal } from "@preact/signals";
import type { FleetEvent } from "../wire/messages";

export interface Alert {
  readonly key: string;
  readonly severity: "warning" | "error";
  readonly type: string;
  /** The message, the drone's own id taken out. */
  readonly text: string;
  /** All drones it happened to, in order of first mention, at most `NAMED`. */
  readonly drones: readonly string[];
  readonly count: number;
  readonly firstSim: number;
  readonly lastSim: number;
  readonly acknowledged: boolean;
}

const KEEP = 100;
const NAMED = 500;

export class Alerts {
  /** Open ones first, errors before warnings, the newest before the older. */
  readonly list: Signal<readonly Alert[]> = signal([]);
  readonly open = signal(0);
  #by = new Map<string, Alert>();
  #dirty = false;

  add(e: FleetEvent): void {
    if (e.severity === "info") return;
    const text = e.drone ? e.message.replaceAll(e.drone, "").replace(/^[\s:,]+/, "") : e.message;
    const key = `${e.severity} ${e.type} ${text}`;
    const old = this.#by.get(key);
    const drones = old?.drones ?? [];
    const known = !e.drone || drones.includes(e.drone) || drones.length >= NAMED;
    this.#by.set(key, {
      key,
      severity: e.severity,
      type: e.type,
      text,
      drones: known ? drones : [...drones, e.drone],
      count: (old?.count ?? 0) + 1,
      firstSim: old?.firstSim ?? e.simTime,
      lastSim: e.simTime,
      acknowledged: false,
    });
    this.#dirty = true;
  }

  acknowledge(key?: string): void {
    for (const [k, a] of this.#by)
      if (key === undefined || k === key) this.#by.set(k, { ...a, acknowledged: true });
    this.#dirty = true;
    this.settle();
  }

  clear(): void {
    this.#by.clear();
    this.#dirty = true;
    this.settle();
  }

  /** Publishes what came together since the last call: a storm must not draw the page once an event. */
  settle(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    const all = [...this.#by.values()].sort(
      (a, b) =>
        Number(a.acknowledged) - Number(b.acknowledged) ||
        Number(b.severity === "error") - Number(a.severity === "error") ||
        b.lastSim - a.lastSim,
    );
    for (const gone of all.splice(KEEP)) this.#by.delete(gone.key);
    this.list.value = all;
    this.open.value = all.reduce((n, a) => n + (a.acknowledged ? 0 : 1), 0);
  }
}
