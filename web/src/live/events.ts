// EventLog keeps the newest events, equal ones folded into one line with a
// count: a storm of the same message must neither flood the list nor push out
// the one line that explains it.
import type { FleetEvent } from "../wire/messages";

export interface LogLine extends FleetEvent {
  readonly key: number;
  count: number;
  /** Drones of the folded events, the newest last, at most a few. */
  drones: string[];
  lastSimTime: number;
}

const KEEP = 500;
const FOLD_WITHIN_S = 5; // simulated seconds between equal events that fold
const FOLD_BACK = 40; // lines looked back for an equal one
const NAMED = 4;

export class EventLog {
  /** Oldest first. */
  readonly lines: LogLine[] = [];
  /** Events heard, before folding. */
  total = 0;
  revision = 0;
  #key = 0;

  add(e: FleetEvent): LogLine {
    this.total++;
    this.revision++;
    const stop = Math.max(0, this.lines.length - FOLD_BACK);
    for (let i = this.lines.length - 1; i >= stop; i--) {
      const line = this.lines[i];
      if (
        !line ||
        !sameText(line, e) ||
        e.simTime - line.lastSimTime > FOLD_WITHIN_S ||
        e.simTime < line.simTime
      )
        continue;
      line.count++;
      line.lastSimTime = e.simTime;
      if (e.drone && !line.drones.includes(e.drone)) {
        line.drones.push(e.drone);
        if (line.drones.length > NAMED) line.drones.shift();
      }
      // Time runs down the list: a line that happened again stands with the newest.
      this.lines.push(...this.lines.splice(i, 1));
      return line;
    }
    const line: LogLine = {
      ...e,
      key: ++this.#key,
      count: 1,
      drones: e.drone ? [e.drone] : [],
      lastSimTime: e.simTime,
    };
    this.lines.push(line);
    if (this.lines.length > KEEP) this.lines.splice(0, this.lines.length - KEEP);
    return line;
  }

  clear(): void {
    this.lines.length = 0;
    this.revision++;
  }
}

/** Equal but for the drone: "d7 low battery" and "d9 low battery" say one thing of two drones. */
function sameText(a: FleetEvent, b: FleetEvent): boolean {
  return a.type === b.type && a.severity === b.severity && withoutDrone(a) === withoutDrone(b);
}

function withoutDrone(e: FleetEvent): string {
  return e.drone ? e.message.replaceAll(e.drone, "·") : e.message;
}

/** The last events of each drone, kept apart from the folded log: folding must not lose whose they were. */
export class DroneHistory {
  #by = new Map<string, FleetEvent[]>();

  add(e: FleetEvent): void {
    if (!e.drone) return;
    const mine = this.#by.get(e.drone) ?? [];
    mine.push(e);
    if (mine.length > 20) mine.shift();
    this.#by.set(e.drone, mine);
  }

  of(drone: string): readonly FleetEvent[] {
    return this.#by.get(drone) ?? [];
  }

  clear(): void {
    this.#by.clear();
  }
}
