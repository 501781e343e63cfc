// The wind and the air of the world.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Environment, getEnvironment, putEnvironment, TURBULENCES } from "../api/scenario";
import { useApp } from "../app";
import { modeText } from "../ui/format";
import { Card, NumField, Problem } from "./panel";

export function Wind() {
  const app = useApp();
  const air = useSignal<Environment | undefined>(undefined);
  const problem = useSignal("");
  useEffect(() => {
    void getEnvironment().then((a) => {
      if (a.ok) air.value = a.value;
    });
  }, [air]);
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
    const answer = await putEnvironment(e);
    problem.value = answer.ok ? "" : answer.message;
    if (answer.ok) app.air.value = e;
    if (answer.ok) app.say(e.wind.speed_ms > 0 ? "It blows." : "The air is still.");
  };
  return (
    <Card title="Wind">
      <div class="fields">
        <NumField
          label="Speed, m/s"
          value={e.wind.speed_ms}
          min={0}
          max={50}
          set={(speed_ms) => wind({ speed_ms })}
        />
        <NumField
          label="From, °"
          value={e.wind.from_deg}
          min={0}
          max={360}
          set={(from_deg) => wind({ from_deg })}
        />
        <label class="stacked">
          <span>Gusts</span>
          <select
            class="field"
            value={e.wind.turbulence}
            onChange={(x) => wind({ turbulence: x.currentTarget.value })}
          >
            {TURBULENCES.map((word) => (
              <option key={word} value={word}>
                {modeText(word)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="pair">
        <WindRose from={e.wind.from_deg} speed={e.wind.speed_ms} />
        <label class="check">
          <input
            type="checkbox"
            checked={e.wind.shear}
            onChange={(x) => wind({ shear: x.currentTarget.checked })}
          />
          Grows with height
        </label>
        <span class="grow" />
        <button type="button" disabled={!app.link.value.commands} onClick={() => void apply()}>
          Let it blow
        </button>
      </div>
      <Problem text={problem.value} />
    </Card>
  );
}

function WindRose(p: { from: number; speed: number }) {
  return (
    <svg
      width="36"
      height="36"
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
