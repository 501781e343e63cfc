// The inspector: the fleet when nothing is selected, one drone, or many at once.
import { seconds, useApp } from "../app";
import { Commands } from "../command/panel";
import { ageText, clockText, count, fixed, modeText } from "../ui/format";
import { Shape } from "../ui/icons";
import { LazyPart } from "../ui/lazy";
import { Attitude } from "./attitude";

import { Distribution, FleetSummary, ModeBars } from "./summary";

export function Inspector() {
  return (
    <aside class="inspector" aria-label="Inspector">
      <InspectorBody commands />
    </aside>
  );
}

export function InspectorBody(p: { commands: boolean }) {
  const app = useApp();
  void app.selection.revision.value;
  const ids = app.selection.ids();
  const only = ids[0];
  if (only === undefined) return <FleetSummary />;
  return (
    <>
      {ids.length === 1 ? <One id={only} /> : <Many />}
      {p.commands && <Commands />}
      <LazyPart name="strips" />
      {ids.length === 1 && <History id={only} />}
    </>
  );
}

function One(p: { id: string }) {
  const app = useApp();
  void app.pulse.value;
  const f = app.fleet;
  const s = f.slotOf(p.id);
  if (s === undefined) {
    return (
      <section class="title">
        <h2>{p.id}</h2>
        <p class="muted">This drone is not in the fleet any more.</p>
      </section>
    );
  }
  const battery = f.battery[s] ?? 0;
  const status = f.status[s] ?? "";
  const heading = Math.round((((f.heading[s] ?? 0) % 360) + 360) % 360) % 360;
  const age = app.link.value.name === "live" && app.status.value?.paused ? 0 : seconds() - (f.seen[s] ?? 0);
  const figures = [
    ["Height", fixed(f.height[s] ?? 0, 1), "m"],
    ["Speed", fixed(f.speed[s] ?? 0, 1), "m/s"],
    ["Climb", fixed(f.vz[s] ?? 0, 1), "m/s"],
    ["Heading", String(heading).padStart(3, "0"), "°"],
    ["Battery", fixed(battery, 0), "%"],
    ["Data age", ageText(age).split(" ")[0] ?? "", ageText(age).split(" ")[1] ?? ""],
  ] as const;
  const items = f.missionItems[s] ?? 0;
  const item = f.missionItem[s] ?? 0;
  return (
    <>
      <section class="title">
        <h2>
          <Shape kind={f.kind[s] ?? 0} />
          {f.id[s]}
          {f.name[s] !== f.id[s] && <span class="muted">{f.name[s]}</span>}
        </h2>
        <div class="pills">
          <span class="pill accent">{modeText(f.mode[s] ?? "")}</span>
          <span class="pill">{f.armed[s] ? "Armed" : "Disarmed"}</span>
          {status !== "ok" && status !== "" && <span class={`pill k${f.kind[s]}`}>{modeText(status)}</span>}
          <span class="pill plain">{f.model[s]}</span>
        </div>
      </section>
      <section class="instrument">
        <Attitude id={p.id} />
        <dl class="position">
          <div>
            <dt>East</dt>
            <dd>{fixed(f.x[s] ?? 0, 1)}</dd>
          </div>
          <div>
            <dt>North</dt>
            <dd>{fixed(f.y[s] ?? 0, 1)}</dd>
          </div>
          <div>
            <dt>Up</dt>
            <dd>{fixed(f.z[s] ?? 0, 1)}</dd>
          </div>
          <div>
            <dt>Roll</dt>
            <dd>{fixed(f.roll[s] ?? 0, 1)}°</dd>
          </div>
          <div>
            <dt>Pitch</dt>
            <dd>{fixed(f.pitch[s] ?? 0, 1)}°</dd>
          </div>
        </dl>
      </section>
      <section class="six">
        {figures.map(([name, value, unit]) => (
          <div key={name}>
            <i>{name}</i>
            <b>
              {value}
              <span>{unit}</span>
            </b>
          </div>
        ))}
      </section>
      <section class="power">
        <div class="meter">
          <i
            class={battery < 15 ? "low" : battery < 30 ? "mid" : ""}
            style={{ transform: `scaleX(${Math.max(0, Math.min(1, battery / 100))})` }}
          />
        </div>
        <span>{fixed(f.voltage[s] ?? 0, 1)} V</span>
        <span>{fixed(f.current[s] ?? 0, 1)} A</span>
      </section>
      {items > 0 && (
        <section class="mission">
          <header>
            <i>Mission</i>
            <b>{f.missionId[s]}</b>
            <span>
              {item} of {items}
            </span>
          </header>
          <div class="meter">
            <i class="accent" style={{ transform: `scaleX(${Math.min(1, item / items)})` }} />
          </div>
        </section>
      )}
    </>
  );
}

function Many() {
  const app = useApp();
  void app.pulse.value;
  const f = app.fleet;
  const slots = app.selection.slots(f);
  const range = (a: Float32Array) => {
    let [min, max, sum] = [Infinity, -Infinity, 0];
    for (const s of slots) {
      const v = a[s] ?? 0;
      min = Math.min(min, v);
      max = Math.max(max, v);
      sum += v;
    }
    return slots.length > 0 ? ([min, sum / slots.length, max] as const) : ([0, 0, 0] as const);
  };
  const rows = [
    ["Height", range(f.height), 1, "m"],
    ["Speed", range(f.speed), 1, "m/s"],
    ["Battery", range(f.battery), 0, "%"],
  ] as const;
  return (
    <>
      <section class="title">
        <h2>{count(app.selection.size)} drones</h2>
        <p class="muted">
          {count(slots.filter((s) => f.armed[s]).length)} armed ·{" "}
          {count(slots.filter((s) => (f.kind[s] ?? 0) > 1).length)} with warnings or errors
        </p>
      </section>
      <section class="ranges">
        <div class="rangehead">
          <span />
          <i>min</i>
          <i>mean</i>
          <i>max</i>
        </div>
        {rows.map(([name, [min, mean, max], digits, unit]) => (
          <div key={name}>
            <span>
              {name} <i>{unit}</i>
            </span>
            <b>{fixed(min, digits)}</b>
            <b>{fixed(mean, digits)}</b>
            <b>{fixed(max, digits)}</b>
          </div>
        ))}
      </section>
      <ModeBars slots={slots} />
      <Distribution title="Battery" unit="%" slots={slots} values={f.battery} top={100} />
    </>
  );
}

function History(p: { id: string }) {
  const app = useApp();
  void app.pulse.value;
  const events = app.history.of(p.id);
  return (
    <section class="history">
      <h3>Events</h3>
      {events.length === 0 && <p class="muted">None of this drone yet.</p>}
      {events
        .slice(-20)
        .reverse()
        .map((e) => (
          <div key={`${e.tick} ${e.type} ${e.message}`} class={e.severity}>
            <time>{clockText(e.simTime)}</time>
            <span>{e.message}</span>
          </div>
        ))}
    </section>
  );
}
