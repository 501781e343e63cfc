// The plan page: what is drawn, as a list with its figures; files; and giving it to
// the selected drones.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { getMissions, postFence, postMissionFile, removeStored, type Stored } from "../api/missions";
import { useApp } from "../app";
import { tierOf } from "../command/catalogue";
import { SureButton } from "../command/hold-button";
import { Result } from "../command/results";
import { clockText, count, fixed, metres } from "../ui/format";
import { Plus, Trash } from "../ui/icons";
import { onWorld } from "../world/pane";
import { view } from "../world/view";
import { assign } from "./assign";
import "./plan.css";
import { planLayer } from "./draw";
import { type FileKind, readGeoJson, readKml, writeFile } from "./files";
import { frameOf } from "./frame";
import { estimate, pathOf } from "./geometry";
import { fenceBody, planOf } from "./mission";
import { isEmptyPlan, type Plan } from "./model";
import { Parts } from "./parts";
import { Planner, type PlanTool } from "./planner";
import { PlanEditor } from "./pointer";

const planner = new Planner();
const problem = signal("");
/** Seconds an x500 hovers, until the server has said. */
const endurance = signal(1080);

export function PlanPage(_: Record<string, never>) {
  const app = useApp();
  useEffect(() => {
    const layer = planLayer(planner);
    const off = onWorld.subscribe(() => {
      if (!app.world) return;
      app.world.layers.add(layer);
      app.world.editor = new PlanEditor(planner, app.world, (x) => app.say(x));
      view.tool.value = "select";
    });
    return () => {
      off();
      app.world?.layers.delete(layer);
      if (app.world) app.world.editor = undefined;
    };
  }, [app]);
  return (
    <aside class="inspector plan" aria-label="Plan">
      <Head />
      <Tools />
      <Parts planner={planner} />
      <Figures />
      <Assign />
      <Files />
    </aside>
  );
}

function Head() {
  const plan = planner.plan.value;
  return (
    <section class="title">
      <label class="stacked">
        <span>Plan</span>
        <input
          class="field name"
          maxLength={60}
          value={plan.name}
          onInput={(e) => planner.change({ ...plan, name: e.currentTarget.value }, "name")}
        />
      </label>
      <div class="pair">
        <button type="button" class="small" disabled={!planner.undoable.value} onClick={() => planner.undo()}>
          Undo
        </button>
        <button type="button" class="small" disabled={isEmptyPlan(plan)} onClick={() => planner.clear()}>
          Clear
        </button>
      </div>
    </section>
  );
}

const tools: readonly (readonly [PlanTool, string])[] = [
  ["waypoint", "Waypoints"],
  ["survey", "Survey"],
  ["orbit", "Orbit"],
  ["fence_in", "Keep in"],
  ["fence_out", "Keep out"],
];

function Tools() {
  const tool = planner.tool.value;
  return (
    <section class="plantools" aria-label="Draw">
      {tools.map(([key, word]) => (
        <button
          type="button"
          key={key}
          class="cmd"
          aria-pressed={tool === key}
          onClick={() => {
            planner.draft.value = [];
            planner.tool.value = tool === key ? "edit" : key;
          }}
        >
          <Plus /> {word}
        </button>
      ))}
      {isEmptyPlan(planner.plan.value) && tool === "edit" && (
        <p class="note">
          Choose what to draw, then click on the world. Points can be dragged; <kbd>Ctrl Z</kbd> takes back.
        </p>
      )}
    </section>
  );
}

function Figures() {
  const app = useApp();
  void app.selection.revision.value;
  const plan = planner.plan.value;
  if (plan.legs.length === 0) return null;
  const slot = app.selection.slots(app.fleet)[0];
  const home = slot === undefined ? undefined : { x: app.fleet.x[slot] ?? 0, y: app.fleet.y[slot] ?? 0 };
  const e = estimate(plan, home, endurance.value);
  const figures = [
    ["Length", metres(e.length)],
    ["Time", clockText(e.time).replace(/\.\d$/, "")],
    ["Battery", `${fixed(e.battery * 100, 0)} %`],
    ["Points", count(pathOf(plan).length)],
  ] as const;
  return (
    <section class="planfigures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <i>{name}</i>
          <b class={name === "Battery" && e.battery > 0.8 ? "error" : ""}>{value}</b>
        </div>
      ))}
      {e.battery > 0.8 && (
        <p class="warn">This takes more than 80 % of a battery: shorten it, or share it among drones.</p>
      )}
    </section>
  );
}

function Assign() {
  const app = useApp();
  void app.selection.revision.value;
  void app.pulse.value;
  const time = useSignal("0");
  const height = useSignal("0");
  const progress = useSignal("");
  const plan = planner.plan.value;
  const ids = app.selection.ids();
  const frame = frameOf(app);
  const off = plan.legs.length === 0 || ids.length === 0 || !app.link.value.commands || !frame;
  const start = async () => {
    if (!frame) return;
    problem.value = "";
    const by = { time: Math.max(0, Number(time.value)), height: Math.max(0, Number(height.value)) };
    problem.value = await assign(app, plan, frame, ids, by, (done, of) => {
      progress.value = done < of ? `${done} of ${of} missions sent` : "";
    });
  };
  const sendFences = async () => {
    problem.value = "";
    for (const [i, f] of plan.fences.entries()) {
      const a = await postFence(fenceBody(f, `${plan.name} fence ${i + 1}`));
      if (!a.ok) {
        problem.value = a.message;
        return;
      }
    }
    app.say(plan.fences.length === 1 ? "The fence is set." : `${plan.fences.length} fences are set.`);
    void app.fences.refresh();
  };
  const tier = tierOf("mission_start", ids.length);
  return (
    <section class="assign">
      <h3>Fly it</h3>
      <div class="fields two">
        <label class="stacked">
          <span>Apart in time, s</span>
          <input
            class="field"
            type="number"
            min="0"
            max="600"
            value={time.value}
            onInput={(e) => {
              time.value = e.currentTarget.value;
            }}
          />
        </label>
        <label class="stacked">
          <span>Apart in height, m</span>
          <input
            class="field"
            type="number"
            min="0"
            max="100"
            value={height.value}
            onInput={(e) => {
              height.value = e.currentTarget.value;
            }}
          />
        </label>
      </div>
      <SureButton
        tier={tier === "type" ? "hold" : tier}
        off={off}
        look="cmd main"
        act={() => void start()}
        ask={() => void start()}
      >
        <span>Fly with the selected</span>
        <b>{count(ids.length)}</b>
      </SureButton>
      {ids.length === 0 && <p class="note">Select drones in the list first.</p>}
      {plan.fences.length > 0 && (
        <button
          type="button"
          class="cmd"
          disabled={!app.link.value.commands}
          onClick={() => void sendFences()}
        >
          Set {plan.fences.length === 1 ? "the fence" : `${plan.fences.length} fences`} for the world
        </button>
      )}
      {progress.value && <p class="muted">{progress.value}</p>}
      {problem.value && (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
      <Result />
    </section>
  );
}

const kinds: readonly (readonly [FileKind, string, string])[] = [
  ["plan", ".plan", "application/json"],
  ["geojson", "GeoJSON", "application/geo+json"],
  ["kml", "KML", "application/vnd.google-earth.kml+xml"],
];

function Files() {
  const app = useApp();
  const stored = useSignal<readonly Stored[]>([]);
  const load = async () => {
    const a = await getMissions();
    if (a.ok) stored.value = a.value;
  };
  useEffect(() => void load(), []);
  const open = (plan: Plan) => {
    planner.change(plan);
    app.world?.fitTo(pathOf(plan));
  };
  const read = async (file: File) => {
    problem.value = "";
    const frame = frameOf(app);
    if (!frame) {
      problem.value = "Where this world is on the earth is not known yet: wait for the first drone.";
      return;
    }
    const name = file.name.replace(/\.[^.]*$/, "");
    const content = await file.text();
    if (/\.plan$/i.test(file.name)) {
      const a = await postMissionFile("plan", name, content);
      const plan = a.ok ? planOf(a.value, frame) : undefined;
      if (plan) open(plan);
      else problem.value = a.ok ? "The server's answer held no mission" : `${file.name}: ${a.message}`;
      void load();
      return;
    }
    const got = /\.kml$/i.test(file.name) ? readKml(content, name, frame) : readGeoJson(content, name, frame);
    if ("plan" in got) open(got.plan);
    else problem.value = `${file.name}: ${got.problem}`;
  };
  const save = (kind: FileKind, type: string) => {
    const frame = frameOf(app);
    if (!frame) return;
    const url = URL.createObjectURL(new Blob([writeFile(kind, planner.plan.value, frame)], { type }));
    const a = document.createElement("a");
    a.href = url;
    a.download = `${planner.plan.value.name.replace(/[^\w-]+/g, "_") || "plan"}.${kind}`;
    a.click();
    URL.revokeObjectURL(url);
  };
  const openStored = (m: Stored) => {
    const frame = frameOf(app);
    const plan = frame && planOf(m.raw, frame);
    if (plan) open(plan);
  };
  return (
    <section class="files">
      <h3>Files</h3>
      <div class="pair">
        <label class="filebutton">
          Open…
          <input
            type="file"
            class="sr"
            accept=".plan,.geojson,.json,.kml"
            aria-label="Open a .plan, GeoJSON or KML file"
            onChange={(e) => {
              const file = e.currentTarget.files?.[0];
              if (file) void read(file);
              e.currentTarget.value = "";
            }}
          />
        </label>
        {kinds.map(([kind, word, type]) => (
          <button
            type="button"
            class="small"
            key={kind}
            disabled={isEmptyPlan(planner.plan.value)}
            title={`Save as ${word}`}
            onClick={() => save(kind, type)}
          >
            {word}
          </button>
        ))}
      </div>
      <h3>On the server</h3>
      {stored.value.length === 0 && <p class="note">No missions yet. Flying a plan puts it here.</p>}
      <ul class="stored">
        {stored.value.slice(0, 30).map((m) => (
          <li key={m.id}>
            <button type="button" class="link" onClick={() => openStored(m)}>
              {m.name}
            </button>
            <i>{count(m.items)} items</i>
            <button
              type="button"
              class="ghost"
              aria-label={`Remove ${m.name}`}
              onClick={async () => {
                const a = await removeStored("missions", m.id);
                if (!a.ok) problem.value = a.message;
                void load();
              }}
            >
              <Trash />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
