// The bar of time: start, step and speed, the simulated clock, the timeline.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type App, useApp } from "../app";
import { SPEEDS } from "../live/time";
import { clockText, count, speedText } from "./format";
import { Back, Chevron, ListIcon, Pause, Play, Step } from "./icons";
import { drawer } from "./open";
import { go } from "./router";
import { Timeline } from "./timeline";

export function TimeBar() {
  const app = useApp();
  const driver = app.time.driver.value;
  const replay = app.replayer.driver.value;
  void app.status.value;
  void replay?.state.value;
  const off = !driver.replay && !app.link.value.commands;
  const { paused } = driver;
  return (
    <footer class={`timebar${driver.replay ? " replaying" : ""}`}>
      <div class="transport" role="group" aria-label={driver.replay ? "Recording" : "Simulation"}>
        {replay && (
          <button
            type="button"
            title="One frame back"
            aria-label="One frame back"
            onClick={() => void replay.back()}
          >
            <Back />
          </button>
        )}
        <button
          type="button"
          class="play"
          disabled={off}
          title={paused ? "Resume (Space)" : "Pause (Space)"}
          aria-label={paused ? "Resume" : "Pause"}
          onClick={() => void app.time.togglePause()}
        >
          {paused ? <Play /> : <Pause />}
        </button>
        <button
          type="button"
          disabled={off || !paused}
          title={replay ? "One frame on (.)" : "One tick (.)"}
          aria-label={replay ? "One frame on" : "Step one tick"}
          onClick={() => void app.time.step()}
        >
          <Step />
        </button>
        <SpeedMenu disabled={off} />
      </div>
      <SimClock />
      <Strip />
      {replay ? (
        <button type="button" class="logbutton golive" onClick={() => go("/")}>
          Back to live
        </button>
      ) : (
        <LogButton />
      )}
    </footer>
  );
}

function SpeedMenu(p: { disabled: boolean }) {
  const app = useApp();
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const { speed, replay } = app.time.driver.value;
  useEffect(() => {
    const away = (e: Event) => {
      if (e.target instanceof Node && box.current?.contains(e.target)) return;
      open.value = false;
    };
    window.addEventListener("pointerdown", away);
    return () => window.removeEventListener("pointerdown", away);
  }, [open]);
  const choices = replay ? [-8, -2, -1, ...SPEEDS.filter((s) => s <= 50)] : SPEEDS;
  return (
    <div class="menu-host" ref={box}>
      <button
        type="button"
        class="speed"
        disabled={p.disabled}
        aria-haspopup="menu"
        aria-expanded={open.value}
        title={replay ? "Speed ([ and ], J K L)" : "Speed ([ and ])"}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {speedText(speed)} <Chevron />
      </button>
      {open.value && (
        <div class="menu" role="menu">
          {choices.map((x) => (
            <button
              type="button"
              role="menuitemradio"
              aria-checked={x === speed}
              key={x}
              onClick={() => {
                open.value = false;
                void app.time.setSpeed(x);
              }}
            >
              {speedText(x)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function SimClock() {
  const app = useApp();
  void app.pulse.value;
  const replay = app.replayer.driver.value?.state.value;
  return (
    <div class="simclock">
      <b>{clockText(app.shownTime())}</b>
      <span>{replay ? `of ${clockText(replay.to)}` : `tick ${count(app.fleet.tick)}`}</span>
    </div>
  );
}

const MAX_SPAN_S = 300;
const MIN_SPAN_S = 60;

/** Live, whole minutes: as many as there are, up to five. Of a recording, all. */
function window_(app: App): { from: number; to: number } {
  const replay = app.replayer.driver.value?.state.value;
  if (replay) return { from: replay.from, to: Math.max(replay.from + 1, replay.to) };
  const now = app.shownTime();
  const span = Math.min(MAX_SPAN_S, Math.max(MIN_SPAN_S, Math.ceil(now / 60) * 60));
  return { from: now - span, to: now };
}

function Strip() {
  const app = useApp();
  const ref = useRef<HTMLCanvasElement>(null);
  const line = useRef<Timeline | undefined>(undefined);
  const dragging = useRef(false);
  const driver = app.replayer.driver.value;
  // Anew with each driver: between two pulses a click on a recording would be read
  // on the scale of the live picture before it.
  useLayoutEffect(() => {
    if (!ref.current) return;
    line.current = new Timeline(ref.current);
    const draw = () => {
      const replaying = app.time.replaying;
      line.current?.draw({
        ...window_(app),
        now: app.shownTime(),
        marks: replaying ? app.replayer.events.value : app.log.lines,
        gaps: replaying ? (app.replayer.session.value?.gaps ?? []) : [],
        replay: replaying,
      });
    };
    draw();
    return app.pulse.subscribe(draw);
  }, [app, driver]);
  const state = driver?.state.value;
  const x = (e: PointerEvent) => e.clientX - (ref.current?.getBoundingClientRect().left ?? 0);
  const past = (t: number) => {
    const id = app.status.value?.session.id;
    if (id && t < app.shownTime() - 1) go(`/replay/${id}?t=${Math.max(0, t).toFixed(2)}`);
  };
  return (
    <div
      class="strip"
      role="slider"
      tabIndex={0}
      aria-label={state ? "Moment of the recording" : "Timeline: opens the recording at a moment"}
      aria-valuemin={Math.round(state?.from ?? window_(app).from)}
      aria-valuemax={Math.round(state?.to ?? window_(app).to)}
      aria-valuenow={Math.round(state?.simTime ?? app.shownTime())}
      aria-valuetext={clockText(state?.simTime ?? app.shownTime())}
      data-keys="ArrowLeft ArrowRight Home End PageUp PageDown Enter"
      title={state ? "Drag to go to a moment" : "Click a moment to see it again"}
      onKeyDown={(e) => {
        if (!driver || !state) return;
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[e.key];
        const to = e.key === "Home" ? state.from : e.key === "End" ? state.to : undefined;
        if (by === undefined && to === undefined) return;
        e.preventDefault();
        driver.seek(to ?? app.shownTime() + (by ?? 0));
      }}
      onPointerDown={(e) => {
        if (e.button !== 0) return;
        const t = line.current?.timeAt(x(e)) ?? 0;
        if (!driver) {
          past(t);
          return;
        }
        dragging.current = true;
        e.currentTarget.setPointerCapture(e.pointerId);
        driver.seek(t);
      }}
      onPointerMove={(e) => {
        line.current?.hover(x(e));
        if (dragging.current) driver?.seek(line.current?.timeAt(x(e)) ?? 0);
      }}
      onPointerUp={() => {
        dragging.current = false;
      }}
      onPointerLeave={() => line.current?.hover(-1)}
    >
      <canvas ref={ref} />
    </div>
  );
}

function LogButton() {
  const app = useApp();
  void app.pulse.value;
  return (
    <button
      type="button"
      class="logbutton"
      aria-expanded={drawer.value !== undefined}
      title="Event log (E)"
      onClick={() => {
        drawer.value = drawer.value ? undefined : "log";
      }}
    >
      <ListIcon /> Log <b>{count(app.log.total)}</b>
    </button>
  );
}
