// The REST calls the dashboard makes, same origin only.
import type { Command } from "../live/socket";
import {
  type Answer,
  type CommandResult,
  readCommandBody,
  readSessions,
  type SessionRow,
} from "../wire/messages";
import { record, text } from "../wire/read";

async function call(path: string, init?: RequestInit): Promise<Answer<unknown>> {
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
