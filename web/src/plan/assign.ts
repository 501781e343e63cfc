// Gives a plan to drones: one mission for all, or one each with spacing in time or
// height, and starts it.
import { postMission } from "../api/missions";
import type { App } from "../app";
import type { Params } from "../command/run";
import type { LocalFrame } from "../world/geodesy";
import { missionOf } from "./mission";
import type { Plan } from "./model";

export interface Spacing {
  /** Seconds between starts. */
  readonly time: number;
  /** Metres between heights. */
  readonly height: number;
}

/** Missions are sent this many at once. */
const AT_ONCE = 6;

/** Uploads and starts; answers what went wrong, or nothing. `told` hears how far it is. */
export async function assign(
  app: App,
  plan: Plan,
  frame: LocalFrame,
  ids: readonly string[],
  spacing: Spacing,
  told: (done: number, of: number) => void,
): Promise<string> {
  const alike = spacing.time === 0 && spacing.height === 0;
  if (alike) {
    const made = await postMission(missionOf(plan, frame, plan.name, { up: 0, wait: 0 }));
    if (!made.ok) return made.message;
    await app.desk.send("mission_start", ids, { mission_id: made.value });
    return "";
  }
  const each = new Map<string, Params>();
  const waiting = ids.map((id, i) => ({ id, i }));
  let problem = "";
  const worker = async () => {
    for (let next = waiting.shift(); next && problem === ""; next = waiting.shift()) {
      const by = { up: next.i * spacing.height, wait: next.i * spacing.time };
      const made = await postMission(missionOf(plan, frame, `${plan.name} · ${next.id}`.slice(0, 80), by));
      if (!made.ok) problem = made.message;
      else each.set(next.id, { mission_id: made.value });
      told(each.size, ids.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (problem !== "") return problem;
  await app.desk.sendEach("mission_start", each);
  return "";
}
