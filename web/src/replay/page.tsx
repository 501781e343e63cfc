// The replay page: which run is on screen, its events to jump to, going on from a
// moment as a run of its own, and another run beside it as ghosts.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { fork } from "../api/history";
import { getSessions } from "../api/rest";
import { useApp } from "../app";
import { SureButton } from "../command/hold-button";
import { clockText, count, fixed } from "../ui/format";
import { LazyPart } from "../ui/lazy";
import { readDeep } from "../ui/link";
import { go, path, search } from "../ui/router";
import type { SessionRow } from "../wire/messages";
import { onWorld } from "../world/pane";
import "../plan/plan.css";
import "./replay.css";
import { Ghosts } from "./ghosts";

export function ReplayPage(_: Record<string, never>) {
  const app = useApp();
  const id = decodeURIComponent(path.value.replace("/replay/", ""));
  const ghosts = useMemo(() => new Ghosts(app), [app]);
  useEffect(() => {
    void app.replayer.open(id, readDeep(search.peek()).t);
  }, [app, id]);
  useEffect(() => {
    const off = onWorld.subscribe(() => app.world?.layers.add(ghosts.layer));
    return () => {
      off();
      app.world?.layers.delete(ghosts.layer);
      void app.replayer.close();
    };
  }, [app, ghosts]);
  const { session, problem, driver, loading } = app.replayer;
  const s = session.value;
  return (
    <aside class="inspector plan replaypage" aria-label="Replay">
      <section class="title">
        <h2>{s?.name ?? "Recording"}</h2>
        <p class="muted">
          {loading.value
            ? "Opening the recording…"
            : s
              ? `${s.state} · ${clockText(s.simTime)} simulated${s.gaps.length > 0 ? ` · ${s.gaps.length} gaps` : ""}`
              : ""}
        </p>
        {driver.value?.state.value.gap && <p class="warn">Nothing was kept of this moment.</p>}
        {problem.value && (
          <div role="alert">
            <p class="error">The recording can't be shown: {problem.value}</p>
            <button type="button" class="small" onClick={() => go("/sessions")}>
              Other sessions
            </button>
          </div>
        )}
      </section>
      {driver.value && <Fork id={id} />}
      {driver.value && <Compare ghosts={ghosts} own={id} />}
      <Selected ghosts={ghosts} />
      <Events />
      <LazyPart name="strips" />
    </aside>
  );
}

function Fork(p: { id: string }) {
  const app = useApp();
  void app.pulse.value;
  const problem = useSignal("");
  const go_ = async () => {
    const a = await fork(p.id, app.shownTime());
    if (!a.ok) {
      problem.value = a.message;
      return;
    }
    go("/");
    app.say("A new run goes on from there.");
  };
  return (
    <section class="assign">
      <h3>Go on from here</h3>
      <SureButton tier="hold" look="cmd" act={() => void go_()} ask={() => void go_()}>
        <span>Fork at {clockText(app.shownTime())}</span>
      </SureButton>
      <p class="note">Ends the live run and begins another with everything as it was at this moment.</p>
      {problem.value && (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
    </section>
  );
}

function Compare(p: { ghosts: Ghosts; own: string }) {
  const app = useApp();
  void app.selection.revision.value;
  const rows = useSignal<readonly SessionRow[]>([]);
  useEffect(() => {
    void getSessions("").then((a) => {
      if (a.ok) rows.value = a.value.rows;
    });
  }, [rows]);
  return (
    <section class="assign">
      <h3>Compare with another run</h3>
      <select
        class="field"
        aria-label="Another run, as ghosts"
        value={p.ghosts.session.value}
        onChange={(e) => void p.ghosts.show(e.currentTarget.value, app.selection.ids())}
      >
        <option value="">None</option>
        {rows.value
          .filter((r) => r.id !== p.own)
          .map((r) => (
            <option key={r.id} value={r.id}>
              {r.name || r.id.slice(0, 8)} · {clockText(r.simTime)} · {new Date(r.startedAt).toLocaleString()}
            </option>
          ))}
      </select>
      {p.ghosts.note.value && <p class="note">{p.ghosts.note.value}</p>}
    </section>
  );
}

function Selected(p: { ghosts: Ghosts }) {
  const app = useApp();
  void app.pulse.value;
  void app.selection.revision.value;
  const f = app.fleet;
  const slots = app.selection.slots(f).slice(0, 8);
  if (slots.length === 0) return null;
  return (
    <section>
      <table class="mini">
        <thead>
          <tr>
            <th>Drone</th>
            <th class="num">m</th>
            <th class="num">m/s</th>
            <th class="num">%</th>
            {p.ghosts.session.value !== "" && <th class="num">apart</th>}
          </tr>
        </thead>
        <tbody>
          {slots.map((s) => {
            const apart = p.ghosts.distance(f.id[s] ?? "");
            return (
              <tr key={s}>
                <td>{f.id[s]}</td>
                <td class="num">{fixed(f.height[s] ?? 0, 1)}</td>
                <td class="num">{fixed(f.speed[s] ?? 0, 1)}</td>
                <td class="num">{fixed(f.battery[s] ?? 0, 0)}</td>
                {p.ghosts.session.value !== "" && (
                  <td class="num">{apart === undefined ? "–" : `${fixed(apart, 2)} m`}</td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const SHOWN = 200;

function Events() {
  const app = useApp();
  const grave = useSignal(true);
  const all = app.replayer.events.value;
  const events = all.filter((e) => !grave.value || e.severity !== "info");
  return (
    <section class="pastevents">
      <header>
        <h3>Events</h3>
        <button
          type="button"
          class="link"
          onClick={() => {
            grave.value = !grave.value;
          }}
        >
          {grave.value ? `Show all ${count(all.length)}` : "Only warnings and errors"}
        </button>
      </header>
      {events.length === 0 && (
        <p class="note">{all.length === 0 ? "None were recorded." : "No warnings and no errors."}</p>
      )}
      {events.slice(0, SHOWN).map((e, i) => (
        <button
          type="button"
          key={i}
          class={`pastevent ${e.severity}`}
          onClick={() => {
            app.replayer.driver.value?.seek(e.simTime);
            if (e.drone) app.selection.set([e.drone]);
          }}
        >
          <time>{clockText(e.simTime)}</time>
          <span>{e.message}</span>
        </button>
      ))}
      {events.length > SHOWN && (
        <p class="note">
          The first {SHOWN} of {count(events.length)}.
        </p>
      )}
    </section>
  );
}
