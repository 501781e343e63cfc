// The bar of time: start, step and speed, the simulated clock, the last minutes of events.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type App, seconds, useApp } from "../app";
import { SPEEDS } from "../live/time";
import { clockText, count, speedText } from "./format";
import { Chevron, ListIcon, Pause, Play, Step } from "./icons";
import { drawer } from "./open";

export function TimeBar() {
  const app = useApp();
  const s = app.status.value;
  const off = !app.link.value.commands;
  const paused = s?.paused ?? false;
  return (
    <footer class="timebar">
      <div class="transport" role="group" aria-label="Simulation">
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
          title="One tick (.)"
          aria-label="Step one tick"
          onClick={() => void app.time.step()}
        >
          <Step />
        </button>
        <SpeedMenu disabled={off} />
      </div>
      <SimClock />
      <Strip />
      <LogButton />
    </footer>
  );
}

function SpeedMenu(p: { disabled: boolean }) {
  const app = useApp();
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const speed = app.status.value?.speed ?? 1;
  useEffect(() => {
    const away = (e: Event) => {
      if (e.target instanceof Node && box.current?.contains(e.target)) return;
      open.value = false;
    };
    window.addEventListener("pointerdown", away);
    return () => window.removeEventListener("pointerdown", away);
  }, [open]);
  return (
    <div class="menu-host" ref={box}>
      <button
        type="button"
        class="speed"
        disabled={p.disabled}
        aria-haspopup="menu"
        aria-expanded={open.value}
        title="Speed ([ and ])"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {speedText(speed)} <Chevron />
      </button>
      {open.value && (
        <div class="menu" role="menu">
          {SPEEDS.map((x) => (
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
  return (
    <div class="simclock">
      <b>{clockText(app.fleet.frames > 0 ? app.clock.at(seconds()) : 0)}</b>
      <span>tick {count(app.fleet.tick)}</span>
    </div>
  );
}

const MAX_SPAN_S = 300;
const MIN_SPAN_S = 60;

/** Whole minutes, as many as there are, up to five. */
function span(now: number): number {
  return Math.min(MAX_SPAN_S, Math.max(MIN_SPAN_S, Math.ceil(now / 60) * 60));
}

/** Events of the last simulated minutes, one bar each, as high as they are grave. */
function Strip() {
  const app = useApp();
  const ref = useRef<HTMLCanvasElement>(null);
  const minutes = useSignal(1);
  useEffect(() => {
    const draw = () => {
      const c = ref.current;
      minutes.value = span(app.fleet.simTime) / 60;
      if (c) drawStrip(c, app);
    };
    draw();
    return app.pulse.subscribe(draw);
  }, [app, minutes]);
  return (
    <div class="strip" aria-hidden="true">
      <canvas ref={ref} />
      <span class="ends">
        <i>−{minutes.value} min</i>
        <i>now</i>
      </span>
    </div>
  );
}

function drawStrip(c: HTMLCanvasElement, app: App): void {
  const dpr = window.devicePixelRatio || 1;
  const w = c.clientWidth;
  const h = c.clientHeight;
  if (w === 0) return;
  if (c.width !== Math.round(w * dpr)) c.width = Math.round(w * dpr);
  if (c.height !== Math.round(h * dpr)) c.height = Math.round(h * dpr);
  const g = c.getContext("2d");
  if (!g) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (t: string) => style.getPropertyValue(t);
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.clearRect(0, 0, w, h);
  const now = app.fleet.frames > 0 ? app.clock.at(seconds()) : 0;
  g.fillStyle = colour("--border");
  g.fillRect(0, h - 1, w, 1);
  const shown = span(now);
  for (let m = 0; m <= shown; m += 10) {
    const t = Math.floor(now / 10) * 10 - m;
    if (t < 0) break;
    const x = w - ((now - t) / shown) * w;
    const big = t % 60 === 0;
    g.fillRect(Math.round(x), h - (big ? 6 : 3), 1, big ? 6 : 3);
  }
  const look = { info: ["--muted", 0.4], warning: ["--warn", 0.7], error: ["--error", 1] } as const;
  for (const line of app.log.lines) {
    const x = w - ((now - line.simTime) / shown) * w;
    if (x < 0 || x > w + 2) continue;
    const [token, high] = look[line.severity];
    g.fillStyle = colour(token);
    const bar = Math.round((h - 8) * high);
    g.fillRect(Math.round(x) - 1, h - 2 - bar, 2, bar);
  }
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
