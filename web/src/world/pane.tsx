// WorldPane mounts the world and lays its instruments over it: tools, compass,
// scale, legend.
import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { metres } from "../ui/format";
import { BoxSelect, Cursor, Fit, Follow, GoTo, Ruler as Ruler16, Shape, Trail } from "../ui/icons";
import { lessMotion, phone } from "../ui/screen";
import { theme } from "../ui/theme";
import { listenToPointer } from "./input";
import { Ruler } from "./measure";
import { menu, WorldMenu } from "./menu";
import { nextTrails, showMode, view } from "./view";
import { World } from "./world";

const failure = signal("");
/** Rises when there is a new world to draw into. */
export const onWorld = signal(0);

export function WorldPane() {
  const app = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  const labels = useRef<HTMLDivElement>(null);
  const rubber = useRef<HTMLDivElement>(null);
  const needle = useRef<HTMLDivElement>(null);
  const scale = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!canvas.current || !labels.current) return;
    let world: World;
    try {
      world = new World(canvas.current, labels.current, {
        fleet: app.fleet,
        clock: app.clock,
        selection: app.selection,
        targets: app.targets,
        trails: app.trails,
        camera: app.camera,
        link: () => app.link.value,
        onFrame: (now) => app.frames.add(1, now),
        onView: (camera) => {
          if (needle.current)
            needle.current.style.transform = `rotate(${(-camera.bearing * 180) / Math.PI}deg)`;
          canvas.current?.parentElement?.style.setProperty(
            "--bearing",
            `${(-camera.bearing * 180) / Math.PI}deg`,
          );
          if (scale.current) writeScale(scale.current, camera.metresPerPixel);
        },
      });
    } catch (e) {
      failure.value = e instanceof Error ? e.message : "The world could not be drawn";
      return;
    }
    failure.value = "";
    app.world = world;
    const unlisten = listenToPointer(canvas.current, world, {
      click: (slot, add) => {
        const id = slot >= 0 ? app.fleet.id[slot] : undefined;
        if (id === undefined) {
          if (!add) app.selection.clear();
        } else if (add) app.selection.toggle(id);
        else app.selection.set([id]);
      },
      box: (slots, add) => {
        const ids = slots.map((s) => app.fleet.id[s] ?? "");
        if (add) app.selection.add(ids);
        else app.selection.set(ids);
        view.tool.value = "select";
      },
      place: (x, y) => {
        const ids = app.selection.ids();
        const slots = app.selection.slots(app.fleet);
        let height = 0;
        for (const s of slots) height += (app.fleet.z[s] ?? 0) / slots.length;
        const to = world.placeAt(x, y, app.camera.topDown ? 0 : height);
        view.tool.value = "select";
        if (to) void app.desk.goTo(ids, to);
      },
      menu: (x, y) => {
        if (world.editor) return;
        const slot = world.pick(x, y);
        menu.value = {
          px: { x, y },
          ground: world.placeAt(x, y, 0),
          drone: slot >= 0 ? app.fleet.id[slot] : undefined,
        };
      },
      rubber: (r) => {
        const box = rubber.current;
        if (!box) return;
        box.hidden = !r;
        if (r) box.style.cssText = `left:${r.x}px;top:${r.y}px;width:${r.w}px;height:${r.h}px`;
      },
    });
    for (const layer of app.layers) world.layers.add(layer);
    onWorld.value++;
    return () => {
      unlisten();
      world.dispose();
      app.world = undefined;
    };
  }, [app]);

  // The ruler is an editor of its own; a page that has one keeps it.
  useSignalEffect(() => {
    void onWorld.value;
    const world = app.world;
    if (!world || view.tool.value !== "measure") return;
    const before = world.editor;
    const ruler = new Ruler(world, () => {
      view.tool.value = "select";
    });
    world.editor = ruler;
    world.layers.add(ruler.layer);
    return () => {
      world.layers.delete(ruler.layer);
      if (world.editor === ruler) world.editor = before;
    };
  });

  useSignalEffect(() => {
    void theme.value;
    app.world?.repaint();
  });
  useSignalEffect(() => {
    app.camera.still = lessMotion.value;
  });

  return (
    <div class={`world tool-${view.tool.value}${app.link.value.greyed ? " greyed" : ""}`}>
      <canvas
        ref={canvas}
        role="img"
        aria-label="The fleet in its world; the list holds the same drones as text"
      />
      <div class="labels" ref={labels} aria-hidden="true" />
      <div class="rubber" ref={rubber} hidden />
      {failure.value && (
        <div class="failure" role="alert">
          <b>The world cannot be drawn</b>
          <span>{failure.value}. List, figures and commands still work.</span>
        </div>
      )}
      <Tools />
      <div class="compass" aria-hidden="true">
        <div class="needle" ref={needle}>
          <i />
          <span>N</span>
        </div>
      </div>
      <WindMark />
      <div class="scale" ref={scale} aria-hidden="true">
        <i />
        <span />
      </div>
      {!phone.value && <Legend />}
      <WorldMenu />
      <EditorHint />
      {view.tool.value === "goto" && (
        <div class="hint">
          Click where{" "}
          {app.selection.size > 1
            ? `the ${app.selection.size} drones shall go, in formation`
            : "the drone shall go"}{" "}
          · Esc cancels
        </div>
      )}
    </div>
  );
}

/** Where the wind blows to, as the camera sees it, and how strong; nothing in still air. */
function WindMark() {
  const air = useApp().air.value;
  if (!air || air.wind.speed_ms <= 0) return null;
  return (
    <div
      class="windmark"
      title={`Wind ${air.wind.speed_ms} m/s from ${Math.round(air.wind.from_deg)}°${air.wind.turbulence !== "none" ? `, ${air.wind.turbulence} gusts` : ""}`}
    >
      <i style={{ transform: `rotate(calc(var(--bearing, 0deg) + ${air.wind.from_deg + 180}deg))` }}>↑</i>
      <span>{Number(air.wind.speed_ms.toFixed(1))} m/s</span>
    </div>
  );
}

function EditorHint() {
  const app = useApp();
  void app.pulse.value;
  void view.tool.value;
  const hint = app.world?.editor?.hint() ?? "";
  return hint === "" ? null : <div class="hint">{hint}</div>;
}

function Tools() {
  const app = useApp();
  void app.selection.revision.value;
  const tool = view.tool.value;
  const none = app.selection.size === 0;
  const pick = (t: typeof tool) => () => {
    view.tool.value = view.tool.value === t ? "select" : t;
  };
  return (
    <div class="rail">
      <div class="railgroup" role="group" aria-label="View">
        <button
          type="button"
          aria-pressed={view.mode.value === "2d"}
          title="From above (2)"
          onClick={() => showMode("2d")}
        >
          2D
        </button>
        <button
          type="button"
          aria-pressed={view.mode.value === "3d"}
          title="3D (3)"
          onClick={() => showMode("3d")}
        >
          3D
        </button>
      </div>
      {!phone.value && (
        <div class="railgroup" role="group" aria-label="Tool">
          <button
            type="button"
            aria-pressed={tool === "select"}
            aria-label="Select"
            title="Select (V)"
            onClick={pick("select")}
          >
            <Cursor />
          </button>
          <button
            type="button"
            aria-pressed={tool === "box"}
            aria-label="Box select"
            title="Box select (B, or Shift drag)"
            onClick={pick("box")}
          >
            <BoxSelect />
          </button>
          <button
            type="button"
            aria-pressed={tool === "goto"}
            aria-label="Go to"
            title="Send the selected to a place (X)"
            disabled={none || !app.link.value.commands}
            onClick={pick("goto")}
          >
            <GoTo />
          </button>
          <button
            type="button"
            aria-pressed={tool === "measure"}
            aria-label="Measure"
            title="Measure a distance (M)"
            onClick={pick("measure")}
          >
            <Ruler16 />
          </button>
        </div>
      )}
      <div class="railgroup" role="group" aria-label="Camera">
        <button
          type="button"
          aria-label="Fit"
          title="Fit the selected, or all (A)"
          onClick={() => app.world?.fit()}
        >
          <Fit />
        </button>
        <button
          type="button"
          aria-pressed={view.follow.value !== "off"}
          aria-label={view.follow.value === "chase" ? "Chase" : "Follow"}
          title="Follow the selected (F), chase behind it (C)"
          disabled={none}
          onClick={() => {
            view.follow.value = view.follow.value === "off" ? "follow" : "off";
          }}
        >
          <Follow />
        </button>
        <button
          type="button"
          aria-pressed={view.trails.value !== "off"}
          aria-label="Trails"
          title={`Trails: ${view.trails.value} (T)`}
          onClick={nextTrails}
        >
          <Trail />
        </button>
      </div>
    </div>
  );
}

function Legend() {
  return (
    <div class="legend" aria-hidden="true">
      <span>
        <Shape kind={1} /> flying
      </span>
      <span>
        <Shape kind={0} /> ground
      </span>
      <span>
        <Shape kind={2} /> warning
      </span>
      <span>
        <Shape kind={3} /> error
      </span>
    </div>
  );
}

/** A round length between 60 and 150 px. */
function writeScale(host: HTMLElement, metresPerPixel: number): void {
  const most = metresPerPixel * 150;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((k) => k * power).find((l) => l <= most) ?? power;
  const [bar, text] = host.children;
  if (bar instanceof HTMLElement) bar.style.width = `${Math.round(length / metresPerPixel)}px`;
  if (text) text.textContent = metres(length);
}
