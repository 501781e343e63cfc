// The scenario page: drones into the world with a ghost of where they will stand,
// wind, faults on the selected, and the scenarios kept on the server.
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { getModels, type Model, postDrones, startSession } from "../api/scenario";
import { useApp } from "../app";
import { SureButton } from "../command/hold-button";
import { frameOf } from "../plan/frame";
import { count } from "../ui/format";
import { Close } from "../ui/icons";
import type { Layer } from "../world/layer";
import { onWorld } from "../world/pane";
import "../plan/plan.css";
import { Faults } from "./faults";
import { type Formation, places, type Spawn } from "./formation";
import { Wind } from "./wind";

const KEY = "volary.spawn";
const first: Spawn = {
  count: 10,
  model: "x500",
  formation: "grid",
  spacing: 5,
  heading: 0,
  name: "",
  seed: 1,
};

const spawn = signal<Spawn>(kept());
const middle = signal({ x: 0, y: 0 });

function kept(): Spawn {
  try {
    return { ...first, ...(JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Spawn>) };
  } catch {
    return first;
  }
}

const GHOSTS_UP_TO = 1000;

/** Rings where the drones will stand. */
const ghosts: Layer = {
  key: () => `${JSON.stringify(spawn.value)} ${middle.value.x} ${middle.value.y}`,
  draw: (pen) => {
    const s = spawn.value;
    const at = places(s);
    const r = Math.max(0.3, Math.min(2, s.spacing * 0.2));
    const step = Math.max(1, Math.ceil(at.length / GHOSTS_UP_TO));
    at.forEach((p, i) => {
      if (i % step !== 0) return;
      const c = { x: middle.value.x + p.x, y: middle.value.y + p.y, z: 0 };
      const px = Math.max(3, r * pen.scaleAt(c));
      const m = px / pen.scaleAt(c);
      for (const [dx, dy] of [
        [1, 1],
        [1, -1],
      ] as const)
        pen.line(
          { x: c.x - dx * m, y: c.y - dy * m, z: 0 },
          { x: c.x + dx * m, y: c.y + dy * m, z: 0 },
          "replay",
          0.9,
          1.5,
        );
    });
    pen.handle({ ...middle.value, z: 0 }, 8, "replay", true);
  },
};

export function ScenarioPage(_: Record<string, never>) {
  const app = useApp();
  useEffect(() => {
    middle.value = {
      x: Math.round(app.camera.goal.x + app.fleet.originX),
      y: Math.round(app.camera.goal.y + app.fleet.originY),
    };
    const off = onWorld.subscribe(() => {
      const world = app.world;
      if (!world) return;
      world.layers.add(ghosts);
      world.editor = {
        cursor: "crosshair",
        hint: () => "Click where the formation's middle shall be",
        down: () => false,
        drag: () => {},
        hover: () => {},
        double: () => {},
        key: () => false,
        up: (at, moved) => {
          const p = moved ? undefined : world.placeAt(at.x, at.y, 0);
          if (p) middle.value = { x: Math.round(p.x * 10) / 10, y: Math.round(p.y * 10) / 10 };
        },
      };
    });
    return () => {
      off();
      app.world?.layers.delete(ghosts);
      if (app.world) app.world.editor = undefined;
    };
  }, [app]);
  return (
    <aside class="inspector plan" aria-label="Scenario">
      <AddDrones />
      <Wind />
      <Faults />
      <Scenarios />
    </aside>
  );
}

export function Problem(p: { text: string }) {
  return p.text === "" ? null : (
    <p class="error" role="alert">
      {p.text}
    </p>
  );
}

function AddDrones() {
  const app = useApp();
  void app.pulse.value;
  const models = useSignal<readonly Model[]>([]);
  const problem = useSignal("");
  const busy = useSignal(false);
  const s = spawn.value;
  useEffect(() => {
    void getModels().then((a) => {
      if (a.ok) models.value = a.value;
    });
  }, [models]);
  const set = (change: Partial<Spawn>) => {
    spawn.value = { ...spawn.value, ...change };
    sessionStorage.setItem(KEY, JSON.stringify(spawn.value));
  };
  const frame = frameOf(app);
  const good = s.count >= 1 && s.count <= 10_000 && s.spacing >= 0.5;
  const add = async () => {
    busy.value = true;
    problem.value = "";
    const at = middle.value;
    const answer = await postDrones({
      count: s.count,
      model: s.model,
      formation: s.formation,
      spacing_m: s.spacing,
      heading_deg: s.heading,
      seed: s.seed,
      ...(s.name && { name: s.name }),
      x: at.x,
      y: at.y,
    });
    busy.value = false;
    if (!answer.ok) {
      problem.value = answer.message;
      return;
    }
    app.selection.set(answer.value);
    app.say(`${count(answer.value.length)} drones were added and are selected.`);
  };
  const model = models.value.find((m) => m.name === s.model);
  return (
    <section class="assign">
      <h2>Add drones</h2>
      <div class="fields">
        <NumField
          label="Count"
          value={s.count}
          min={1}
          max={10_000}
          step={1}
          set={(v) => set({ count: v })}
        />
        <label class="stacked wide2">
          <span>Model</span>
          <select class="field" value={s.model} onChange={(e) => set({ model: e.currentTarget.value })}>
            {models.value.length === 0 && <option value={s.model}>{s.model}</option>}
            {models.value.map((m) => (
              <option key={m.name} value={m.name}>
                {m.name}
              </option>
            ))}
          </select>
        </label>
        <label class="stacked">
          <span>Formation</span>
          <select
            class="field"
            value={s.formation}
            onChange={(e) => set({ formation: e.currentTarget.value as Formation })}
          >
            <option value="grid">Grid</option>
            <option value="line">Line</option>
            <option value="circle">Circle</option>
          </select>
        </label>
        <NumField label="Apart, m" value={s.spacing} min={0.5} max={500} set={(v) => set({ spacing: v })} />
        <NumField label="Heading, °" value={s.heading} min={0} max={360} set={(v) => set({ heading: v })} />
        <NumField
          label="East, m"
          value={middle.value.x}
          min={-100_000}
          max={100_000}
          set={(x) => {
            middle.value = { ...middle.value, x };
          }}
        />
        <NumField
          label="North, m"
          value={middle.value.y}
          min={-100_000}
          max={100_000}
          set={(y) => {
            middle.value = { ...middle.value, y };
          }}
        />
        <NumField label="Seed" value={s.seed} min={0} max={2 ** 31} step={1} set={(v) => set({ seed: v })} />
        <label class="stacked wide3">
          <span>Name, then -1, -2, …</span>
          <input
            class="field"
            maxLength={60}
            placeholder="their ids"
            value={s.name}
            onInput={(e) => set({ name: e.currentTarget.value })}
          />
        </label>
      </div>
      {model && (
        <p class="note">
          {model.title} · {model.mass} kg
          {model.endurance > 0 && ` · hovers ${Math.round(model.endurance / 60)} min`}
        </p>
      )}
      <button
        type="button"
        class="cmd main"
        disabled={!good || busy.value || !app.link.value.commands || !frame}
        onClick={() => void add()}
      >
        <span>Add to the world</span>
        <b>{count(s.count || 0)}</b>
      </button>
      <Problem text={problem.value} />
    </section>
  );
}

export function NumField(p: {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  set: (v: number) => void;
}) {
  return (
    <label class="stacked">
      <span>{p.label}</span>
      <input
        class="field"
        type="number"
        min={p.min}
        max={p.max}
        step={p.step ?? "any"}
        value={p.value}
        onInput={(e) => {
          const v = e.currentTarget.valueAsNumber;
          const good = v >= p.min && v <= p.max;
          e.currentTarget.setAttribute("aria-invalid", String(!good));
          if (good) p.set(v);
        }}
      />
    </label>
  );
}

export function Card(p: { title: string; children: ComponentChildren }) {
  return (
    <section class="assign">
      <h2>{p.title}</h2>
      {p.children}
    </section>
  );
}

/** A scenario's text, kept by this browser under its name. */
const SAVED = "volary.scenarios";

function saved(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(SAVED) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

function Scenarios() {
  const app = useApp();
  const yaml = useSignal("");
  const problem = useSignal("");
  const kept = useSignal(saved());
  const keep = (next: Record<string, string>) => {
    kept.value = next;
    localStorage.setItem(SAVED, JSON.stringify(next));
  };
  const start = async () => {
    const a = await startSession(yaml.value);
    problem.value = a.ok ? "" : a.message;
    if (a.ok) app.say("The scenario begins.");
  };
  const name = /^name:\s*(.+)$/m.exec(yaml.value)?.[1]?.trim() ?? "";
  return (
    <Card title="Scenarios">
      <ul class="stored">
        {Object.entries(kept.value).map(([key, text]) => (
          <li key={key}>
            <button
              type="button"
              class="link"
              onClick={() => {
                yaml.value = text;
              }}
            >
              {key}
            </button>
            <button
              type="button"
              class="ghost"
              aria-label={`Remove ${key}`}
              onClick={() => {
                const { [key]: _, ...rest } = kept.value;
                keep(rest);
              }}
            >
              <Close />
            </button>
          </li>
        ))}
      </ul>
      <textarea
        class="field yaml"
        rows={7}
        spellcheck={false}
        aria-label="Scenario, YAML"
        placeholder={"name: my scenario\nseed: 1\n…"}
        value={yaml.value}
        onInput={(e) => {
          yaml.value = e.currentTarget.value;
        }}
      />
      <div class="pair">
        <label class="filebutton">
          Open…
          <input
            type="file"
            class="sr"
            accept=".yaml,.yml"
            aria-label="Open a scenario file"
            onChange={async (e) => {
              const file = e.currentTarget.files?.[0];
              e.currentTarget.value = "";
              if (file) yaml.value = await file.text();
            }}
          />
        </label>
        <button
          type="button"
          disabled={name === ""}
          onClick={() => keep({ ...kept.value, [name]: yaml.value })}
        >
          Save
        </button>
        <span class="grow" />
        <SureButton
          tier="hold"
          off={yaml.value.trim() === "" || !app.link.value.commands}
          act={() => void start()}
          ask={() => void start()}
        >
          Start
        </SureButton>
      </div>
      <p class="note">Starting ends the live run. Its recording stays under Sessions.</p>
      <Problem text={problem.value} />
    </Card>
  );
}
