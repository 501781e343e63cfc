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

export const TURBULENCES = ["none", "light", "moderate", "severe"] as const;

export interface Environment {
  readonly wind: {
    readonly speed_ms: number;
    /** Where it comes from, degrees clockwise from north. */
    readonly from_deg: number;
    readonly turbulence: string;
    readonly shear: boolean;
  };
  readonly temperature_c?: number;
  readonly pressure_hpa?: number;
}

export async function getEnvironment(): Promise<Answer<Environment>> {
  const a = await call("/environment");
  if (!a.ok) return a;
  const e = record(a.value) ?? {};
  const w = record(e.wind) ?? {};
  const [t, p] = [number(e.temperature_c), number(e.pressure_hpa)];
  return {
    ok: true,
    value: {
      wind: {
        speed_ms: number(w.speed_ms) ?? 0,
        from_deg: number(w.from_deg) ?? 0,
        turbulence: text(w.turbulence) || "none",
        shear: w.shear === true,
      },
      ...(t !== undefined && { temperature_c: t }),
      ...(p !== undefined && { pressure_hpa: p }),
    },
  };
}

export async function putEnvironment(e: Environment): Promise<Answer<unknown>> {
  return call("/environment", send("PUT", e));
}

export interface Fault {
  readonly drones: readonly string[];
  readonly type: string;
  readonly params: Readonly<Record<string, number | string>>;
  readonly after_s: number;
  readonly duration_s?: number;
}

export interface FaultAnswer {
  readonly id: string;
  /** Drones that took it, and those that did not, with why. */
  readonly taken: number;
  readonly refused: readonly { readonly drone: string; readonly reason: string }[];
}

export async function postFault(f: Fault): Promise<Answer<FaultAnswer>> {
  const a = await call("/faults", send("POST", f));
  if (!a.ok) return a;
  const r = record(a.value);
  const refused: { drone: string; reason: string }[] = [];
  let taken = 0;
  for (const [drone, v] of Object.entries(record(r?.results) ?? {})) {
    if (record(v)?.status === "accepted") taken++;
    else refused.push({ drone, reason: text(record(v)?.reason) ?? "no reason given" });
  }
  return { ok: true, value: { id: text(r?.id) ?? "", taken, refused } };
}

export interface FaultRow {
  readonly id: string;
  readonly type: string;
  readonly drones: string;
  readonly state: string;
  readonly begins: number;
  readonly ends: number | undefined;
}

export async function getFaults(): Promise<Answer<FaultRow[]>> {
  const a = await call("/faults");
  if (!a.ok) return a;
  const rows = list(record(a.value)?.faults).flatMap((v) => {
    const f = record(v);
    const id = text(f?.id);
    if (!f || !id) return [];
    const drones = Array.isArray(f.drones)
      ? f.drones.length > 2
        ? `${f.drones.length} drones`
        : f.drones.join(", ")
      : "all";
    return [
      {
        id,
        type: text(f.type) ?? "",
        drones,
        state: text(f.state) ?? "",
        begins: number(f.begins_s) ?? 0,
        ends: number(f.ends_s),
      },
    ];
  });
  return { ok: true, value: rows };
}

export async function clearFault(id: string): Promise<Answer<unknown>> {
  return call(`/faults/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** Ends the live run and begins another from a scenario, YAML. */
export async function startSession(scenario: string): Promise<Answer<unknown>> {
  return call("/sessions", send("POST", { scenario }));
}
