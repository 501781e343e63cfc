// The REST calls the dashboard makes, same origin only.
import type { Command } from "../live/socket";
import {
  type Answer,
  type CommandResult,
  type DroneSample,
  readCommandBody,
  readDrones,
  readSessions,
  type SessionRow,
} from "../wire/messages";
import { record, text } from "../wire/read";

export async function call(path: string, init?: RequestInit): Promise<Answer<unknown>> {
  try {
    const r = await fetch(`/api/v1${path}`, { ...init, signal: AbortSignal.timeout(8000) });
    const body: unknown = await r.json().catch(() => undefined);
    if (r.ok) return { ok: true, value: body };
    const problem = record(body);
    return {
      ok: false,
      message: text(problem?.detail) ?? text(problem?.title) ?? `The server answered ${r.status}`,
    };
  } catch {
    return { ok: false, message: "The server could not be reached" };
  }
}

export async function getSessions(cursor: string): Promise<Answer<{ rows: SessionRow[]; next: string }>> {
  const answer = await call(`/sessions${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);
  if (!answer.ok) return answer;
  const page = readSessions(answer.value);
  return page ? { ok: true, value: page } : { ok: false, message: "The list of sessions could not be read" };
}

export async function postCommand(c: Command): Promise<Answer<CommandResult>> {
  const answer = await call("/commands", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(c),
  });
  return answer.ok ? readCommandBody(answer.value) : answer;
}

/** Walks the whole fleet as the server last heard it, page by page. */
export async function eachDrone(told: (d: DroneSample) => void): Promise<void> {
  let cursor = "";
  // A hundred pages are more than the largest fleet: a server that never ends is not followed forever.
  for (let page = 0; page < 100; page++) {
    const a = await call(`/drones?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    const r = a.ok ? record(a.value) : undefined;
    if (!r) return;
    for (const d of readDrones(r.drones)) told(d);
    cursor = text(r.next_cursor) ?? "";
    if (cursor === "") return;
  }
}

/** How many removals are under way at once. */
const AT_ONCE = 6;

/** Takes drones out of the world; each answer is told as it comes. */
export async function removeDrones(
  ids: readonly string[],
  all: boolean,
  told: (asked: readonly string[], answer: Answer<CommandResult>) => void,
): Promise<void> {
  const remove = async (path: string, asked: readonly string[]) => {
    const a = await call(path, { method: "DELETE" });
    told(asked, a.ok ? { ok: true, value: { id: "", accepted: asked, rejected: [] } } : a);
  };
  if (all) return remove("/drones", ids);
  const waiting = [...ids];
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
      await remove(`/drones/${encodeURIComponent(id)}`, [id]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
