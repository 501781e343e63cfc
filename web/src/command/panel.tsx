// The commands to the selected drones. Each says on its button how many it reaches.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useApp } from "../app";
import { t } from "../text";
import { count } from "../ui/format";
import { Down, GoTo, Hold, Home, More, Up } from "../ui/icons";
import { Popover } from "../ui/popover";
import { view } from "../world/view";
import { type CommandType, tierOf, titleOf } from "./catalogue";
import { SureButton } from "./hold-button";
import { Result } from "./results";
import type { Params } from "./run";

export function Commands() {
  const app = useApp();
  const altitude = useSignal("20");
  void app.selection.revision.value;
  void app.pulse.value;
  const ids = app.selection.ids();
  // Taking off is the thing to do only while one of them is on the ground.
  const grounded = app.selection.slots(app.fleet).some((s) => !app.fleet.armed[s]);
  const height = Number(altitude.value);
  const badHeight = !(height >= 1 && height <= 500);
  return (
    <section class="commands" aria-label={t.command.title}>
      <div class="takeoff">
        <CommandButton
          type="takeoff"
          icon={<Up />}
          params={{ altitude_m: height }}
          off={badHeight}
          look={`wide${grounded ? " main" : ""}`}
        />
        <label class={badHeight ? "unit bad" : "unit"}>
          <input
            type="number"
            inputMode="decimal"
            min="1"
            max="500"
            step="1"
            aria-label={t.command.takeoffHeight}
            value={altitude.value}
            onInput={(e) => {
              altitude.value = e.currentTarget.value;
            }}
          />
          <span>m</span>
        </label>
      </div>
      <div class="four">
        <CommandButton type="hold" icon={<Hold />} />
        <CommandButton
          type="goto"
          icon={<GoTo />}
          pressed={view.tool.value === "goto"}
          act={() => {
            view.tool.value = view.tool.value === "goto" ? "select" : "goto";
          }}
        />
        <CommandButton type="rtl" icon={<Home />} />
        <CommandButton type="land" icon={<Down />} />
      </div>
      <MoreCommands n={ids.length} />
      <Result />
    </section>
  );
}

/** The phone's commands: only what makes a situation safer. */
export function SafeCommands() {
  const app = useApp();
  void app.selection.revision.value;
  if (app.selection.size === 0) return null;
  return (
    <section class="commands safe" aria-label={t.command.title}>
      <div class="four">
        <CommandButton type="hold" icon={<Hold />} />
        <CommandButton type="rtl" icon={<Home />} />
        <CommandButton type="land" icon={<Down />} />
      </div>
      <Result />
    </section>
  );
}

function CommandButton(p: {
  type: CommandType;
  icon?: ComponentChildren;
  params?: Params;
  off?: boolean;
  look?: string;
  pressed?: boolean;
  act?: () => void;
}) {
  const app = useApp();
  const ids = app.selection.ids();
  const n = ids.length;
  return (
    <SureButton
      tier={p.act ? "none" : tierOf(p.type, n)}
      off={!app.link.value.commands || n === 0 || p.off === true}
      look={`cmd ${p.look ?? ""}`}
      pressed={p.pressed}
      act={p.act ?? (() => void app.desk.send(p.type, ids, p.params))}
      ask={() => app.desk.request(p.type, ids, p.params)}
    >
      {p.icon}
      <span>{titleOf(p.type)}</span>
      {n > 1 && <b>{count(n)}</b>}
    </SureButton>
  );
}

const plain: readonly CommandType[] = ["arm", "disarm", "mission_start", "mission_pause", "mission_resume"];
const grave: readonly CommandType[] = ["kill", "remove"];

function MoreCommands(p: { n: number }) {
  const app = useApp();
  const speed = useSignal("8");
  const radius = useSignal("30");
  const off = !app.link.value.commands || p.n === 0;
  const item = (type: CommandType, close: () => void, params?: Params) => (
    <button
      type="button"
      role="menuitem"
      key={type}
      class={grave.includes(type) ? "grave" : ""}
      onClick={() => {
        close();
        app.desk.request(type, app.selection.ids(), params);
      }}
    >
      {titleOf(type)}
      {tierOf(type, p.n) !== "none" && "…"}
      <b>{count(p.n)}</b>
    </button>
  );
  const orbit = () => {
    const each = new Map<string, Params>();
    const r = Number(radius.value);
    for (const s of app.selection.slots(app.fleet)) {
      const f = app.fleet;
      each.set(f.id[s] ?? "", { x: f.x[s] ?? 0, y: f.y[s] ?? 0, z: f.z[s] ?? 0, radius_m: r });
    }
    void app.desk.sendEach("orbit", each);
  };
  return (
    <Popover label={t.command.more} look="morecommands" off={off} icon={<More />} up>
      {(close) => (
        <div class="menu-list" role="menu">
          {plain.map((type) => item(type, close))}
          <form
            class="menu-row"
            onSubmit={(e) => {
              e.preventDefault();
              close();
              app.desk.request("set_speed", app.selection.ids(), { speed_ms: Number(speed.value) });
            }}
          >
            <span>{t.command.set_speed}</span>
            <input
              class="field"
              type="number"
              min="0.1"
              max="50"
              step="0.1"
              aria-label={t.command.speedLabel}
              value={speed.value}
              onInput={(e) => {
                speed.value = e.currentTarget.value;
              }}
            />
            <button type="submit">{t.ui.set}</button>
          </form>
          <form
            class="menu-row"
            onSubmit={(e) => {
              e.preventDefault();
              close();
              orbit();
            }}
          >
            <span>{t.command.orbitHere}</span>
            <input
              class="field"
              type="number"
              min="3"
              max="1000"
              aria-label={t.command.radiusLabel}
              value={radius.value}
              onInput={(e) => {
                radius.value = e.currentTarget.value;
              }}
            />
            <button type="submit">{t.ui.go}</button>
          </form>
          <hr />
          {grave.map((type) => item(type, close))}
        </div>
      )}
    </Popover>
  );
}
