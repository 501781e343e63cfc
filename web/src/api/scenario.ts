// Drones into the world, wind, faults, scenarios.
import type { Answer } from "../wire/messages";
import { list, number, record, text } from "../wire/read";
import { call } from "./rest";

const json = { "Content-Type": "application/json" };
const send = (method: string, body: unknown): RequestInit => ({
  method,
  headers: json,
  body: JSON.stringify(body),
});

export interface Model {
  readonly name: string;
  readonly title: string;
  readonly mass: number;
  readonly endurance: number;
}

export async function getModels(): Promise<Answer<Model[]>> {
  const a = await call("/models");
  if (!a.ok) return a;
  const models = list(record(a.value)?.models).flatMap((v) => {
    const m = record(v);
    const name = text(m?.name);
    return m && name
      ? [
          {
            name,
            title: text(m.title) ?? name,
            mass: number(m.mass_kg) ?? 0,
            endurance: number(m.endurance_s) ?? 0,
          },
        ]
      : [];
  });
  return { ok: true, value: models };
}

export async function postDrones(body: unknown): Promise<Answer<string[]>> {
  const a = await call("/drones", send("POST", body));
  if (!a.ok) return a;
  return { ok: true, value: list(record(a.value)?.ids).flatMap((v) => text(v) ?? []) };
}

export interface Environment {
  readonly wind: { readonly speed: number; readonly from: number; readonly gusts: number };
  readonly temperature: number;
  readonly pressure: number;
}

/** The air of the world; the raw answer is kept, so that what is not known here is given back as it was. */
export async function getEnvironment(): Promise<Answer<{ air: Environment; raw: unknown }>> {
  const a = await call("/environment");
  if (!a.ok) return a;
  const e = record(a.value) ?? {};
  const w = record(e.wind) ?? e;
  return {
    ok: true,
    value: {
      air: {
        wind: {
          speed: number(w.speed_ms) ?? number(w.mean_ms) ?? 0,
          from: number(w.from_deg) ?? number(w.direction_deg) ?? 0,
          gusts: number(w.gusts_ms) ?? number(w.gust_ms) ?? 0,
        },
        temperature: number(e.temperature_c) ?? 15,
        pressure: number(e.pressure_hpa) ?? number(e.pressure_pa) ?? 1013.25,
      },
      raw: a.value,
    },
  };
}

export async function putEnvironment(body: unknown): Promise<Answer<unknown>> {
  return call("/environment", send("PUT", body));
}

export interface Fault {
  readonly drones: readonly string[];
  readonly type: string;
  readonly params: Readonly<Record<string, number>>;
  readonly after_s: number;
  readonly duration_s?: number;
}

export async function postFault(f: Fault): Promise<Answer<unknown>> {
  return call("/faults", send("POST", f));
}

export async function getScenarios(): Promise<Answer<{ name: string; title: string }[]>> {
  const a = await call("/scenarios");
  if (!a.ok) return a;
  const rows = list(record(a.value)?.scenarios).flatMap((v) => {
    const s = record(v);
    const name = text(s?.name) ?? text(s?.id) ?? text(v);
    return name ? [{ name, title: text(s?.title) ?? text(s?.description) ?? "" }] : [];
  });
  return { ok: true, value: rows };
}

export async function startSession(scenario: string): Promise<Answer<unknown>> {
  return call("/sessions", send("POST", { scenario }));
}
