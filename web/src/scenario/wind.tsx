// The wind and the air of the world.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Environment, getEnvironment, putEnvironment } from "../api/scenario";
import { useApp } from "../app";
import { record } from "../wire/read";
import { Card, NumField, Problem } from "./panel";

export function Wind() {
  const app = useApp();
  const air = useSignal<Environment | undefined>(undefined);
  const raw = useSignal<unknown>(undefined);
  const problem = useSignal("");
  useEffect(() => {
    void getEnvironment().then((a) => {
      if (!a.ok) return;
      air.value = a.value.air;
      raw.value = a.value.raw;
    });
  }, [air, raw]);
  const e = air.value;
  if (!e)
    return (
      <Card title="Wind">
        <p class="note">This server does not say what the wind is. The scenario's file sets it.</p>
      </Card>
    );
  const wind = (change: Partial<Environment["wind"]>) => {
    air.value = { ...e, wind: { ...e.wind, ...change } };
  };
  const apply = async () => {
    const answer = await putEnvironment(merged(raw.value, e));
    problem.value = answer.ok ? "" : answer.message;
    if (answer.ok) app.say("The air is set.");
  };
  return (
    <Card title="Wind">
      <div class="fields">
        <NumField label="Speed, m/s" value={e.wind.speed} min={0} max={40} set={(speed) => wind({ speed })} />
        <NumField label="From, °" value={e.wind.from} min={0} max={360} set={(from) => wind({ from })} />
        <NumField label="Gusts, m/s" value={e.wind.gusts} min={0} max={20} set={(gusts) => wind({ gusts })} />
      </div>
      <div class="pair">
        <WindRose from={e.wind.from} speed={e.wind.speed} />
        <span class="grow" />
        <button type="button" disabled={!app.link.value.commands} onClick={() => void apply()}>
          Let it blow
        </button>
      </div>
      <Problem text={problem.value} />
    </Card>
  );
}

/** Puts the edited values where the server had them, under the names it gave them. */
export function merged(raw: unknown, e: Environment): unknown {
  const whole = { ...(record(raw) ?? {}) };
  const nested = record(whole.wind);
  const w: Record<string, unknown> = { ...(nested ?? whole) };
  const put = (value: number, ...names: string[]) => {
    w[names.find((n) => n in w) ?? names[0] ?? ""] = value;
  };
  put(e.wind.speed, "speed_ms", "mean_ms");
  put(e.wind.from, "from_deg", "direction_deg");
  put(e.wind.gusts, "gusts_ms", "gust_ms");
  return nested ? { ...whole, wind: w } : w;
}

function WindRose(p: { from: number; speed: number }) {
  return (
    <svg
      width="44"
      height="44"
      viewBox="-22 -22 44 44"
      role="img"
      aria-label={`Wind of ${p.speed} metres a second from ${p.from} degrees`}
    >
      <circle r="20" fill="none" stroke="var(--border)" />
      <g transform={`rotate(${p.from + 180})`} opacity={p.speed > 0 ? 1 : 0.3}>
        <path d="M0 14V-12M-5 -6 0 -13 5 -6" fill="none" stroke="var(--accent)" stroke-width="2" />
      </g>
    </svg>
  );
}
