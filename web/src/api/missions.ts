// Missions and fences on the server.
import type { Answer } from "../wire/messages";
import { list, record, text } from "../wire/read";
import { call } from "./rest";

export interface Stored {
  readonly id: string;
  readonly name: string;
  readonly items: number;
  readonly raw: unknown;
}

const json = { "Content-Type": "application/json" };

export async function getMissions(): Promise<Answer<Stored[]>> {
  return rows(await call("/missions?limit=100"), "missions", "items");
}

export async function getFences(): Promise<Answer<Stored[]>> {
  return rows(await call("/geofences"), "geofences", "polygon");
}

function rows(a: Answer<unknown>, key: string, counted: string): Answer<Stored[]> {
  if (!a.ok) return a;
  const out: Stored[] = [];
  for (const raw of list(record(a.value)?.[key])) {
    const r = record(raw);
    const id = text(r?.id);
    if (r && id) out.push({ id, name: text(r.name) ?? id, items: list(r[counted]).length, raw });
  }
  return { ok: true, value: out };
}

export async function postMission(body: unknown): Promise<Answer<string>> {
  return created(await call("/missions", { method: "POST", headers: json, body: JSON.stringify(body) }));
}

/** Hands a file to the server, which knows every item of it; answers what it made of it. */
export async function postMissionFile(
  format: string,
  name: string,
  content: string,
): Promise<Answer<unknown>> {
  const query = new URLSearchParams({ format, name });
  return call(`/missions?${query}`, { method: "POST", headers: json, body: content });
}

export async function postFence(body: unknown): Promise<Answer<string>> {
  return created(await call("/geofences", { method: "POST", headers: json, body: JSON.stringify(body) }));
}

export async function removeStored(kind: "missions" | "geofences", id: string): Promise<Answer<unknown>> {
  return call(`/${kind}/${encodeURIComponent(id)}`, { method: "DELETE" });
}

function created(a: Answer<unknown>): Answer<string> {
  if (!a.ok) return a;
  const id = text(record(a.value)?.id);
  return id ? { ok: true, value: id } : { ok: false, message: "The server named no id for it" };
}
