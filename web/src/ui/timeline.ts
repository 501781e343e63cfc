// The timeline: live, the last minutes; of a recording, all of it, to be dragged
// through. Events stand on it as high as they are grave; what was not kept is hatched.
import type { Gap } from "../wire/replay";
import { clockText } from "./format";

export interface Mark {
  readonly simTime: number;
  readonly severity: "info" | "warning" | "error";
}

export interface Shown {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly marks: readonly Mark[];
  readonly gaps: readonly Gap[];
  readonly replay: boolean;
}

const look = { info: ["--muted", 0.36], warning: ["--warn", 0.68], error: ["--error", 1] } as const;
const FOOT = 14; // pixels for the times below
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];
/** Labels are at least this many pixels apart. */
const LABEL_PX = 84;

export class Timeline {
  #shown: Shown = { from: 0, to: 60, now: 0, marks: [], gaps: [], replay: false };
  #hover = -1;

  constructor(readonly canvas: HTMLCanvasElement) {}

  timeAt(x: number): number {
    const { from, to } = this.#shown;
    return from + (Math.min(1, Math.max(0, x / Math.max(1, this.canvas.clientWidth))) * (to - from) || 0);
  }

  hover(x: number): void {
    this.#hover = x;
    this.draw(this.#shown);
  }

  draw(shown: Shown): void {
    this.#shown = shown;
    const c = this.canvas;
    const [w, h] = [c.clientWidth, c.clientHeight];
    if (w === 0) return;
    const dpr = window.devicePixelRatio || 1;
    if (c.width !== Math.round(w * dpr)) c.width = Math.round(w * dpr);
    if (c.height !== Math.round(h * dpr)) c.height = Math.round(h * dpr);
    const g = c.getContext("2d");
    if (!g) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (token: string) => style.getPropertyValue(token).trim();
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    g.clearRect(0, 0, w, h);
    const span = Math.max(1e-6, shown.to - shown.from);
    const xOf = (t: number) => ((t - shown.from) / span) * w;
    const foot = h - FOOT;

    g.fillStyle = colour("--bg");
    g.fillRect(0, 0, w, foot);
    if (shown.replay) {
      g.fillStyle = colour("--replay");
      g.globalAlpha = 0.16;
      g.fillRect(0, 0, xOf(shown.now), foot);
      g.globalAlpha = 1;
    }
    for (const gap of shown.gaps) this.#hatch(g, xOf(gap.from), xOf(gap.to), foot, colour("--muted"));

    this.#ticks(g, xOf, span, w, foot, colour("--border"), colour("--muted"));

    // Events of one pixel are one bar, as high as the gravest of them.
    const columns = new Map<number, number>();
    const rank = { info: 0, warning: 1, error: 2 };
    for (const m of shown.marks) {
      const x = Math.round(xOf(m.simTime));
      if (x < 0 || x > w) continue;
      columns.set(x, Math.max(columns.get(x) ?? -1, rank[m.severity]));
    }
    for (const [x, r] of columns) {
      const [token, high] = look[(["info", "warning", "error"] as const)[r] ?? "info"];
      g.fillStyle = colour(token);
      const bar = Math.round((foot - 4) * high);
      g.fillRect(x - 1, foot - bar, 2, bar);
    }

    const x = Math.round(xOf(shown.now));
    g.fillStyle = colour(shown.replay ? "--replay" : "--text");
    g.fillRect(Math.min(w - 2, x - 1), 0, 2, foot);
    if (this.#hover >= 0) {
      g.fillStyle = colour("--muted");
      g.fillRect(this.#hover, 0, 1, foot);
      const text = clockText(this.timeAt(this.#hover));
      g.font = "11px system-ui, sans-serif";
      const wide = g.measureText(text).width + 8;
      const left = Math.min(w - wide, Math.max(0, this.#hover - wide / 2));
      g.fillStyle = colour("--raised");
      g.fillRect(left, 0, wide, 15);
      g.fillStyle = colour("--text");
      g.fillText(text, left + 4, 11);
    }
  }

  #ticks(
    g: CanvasRenderingContext2D,
    xOf: (t: number) => number,
    span: number,
    w: number,
    foot: number,
    line: string,
    text: string,
  ): void {
    const step = STEPS.find((s) => (s / span) * w >= LABEL_PX) ?? 86_400;
    g.font = "11px system-ui, sans-serif";
    for (let t = Math.ceil(this.#shown.from / step) * step; t <= this.#shown.to + 1e-6; t += step) {
      if (t < -1e-6) continue;
      const x = Math.round(xOf(t));
      g.fillStyle = line;
      g.fillRect(x, 0, 1, foot);
      g.fillStyle = text;
      const word = clockText(t + 1e-6).replace(/\.\d$/, "");
      const wide = g.measureText(word).width;
      g.fillText(word, Math.min(w - wide, Math.max(0, x - wide / 2)), foot + 11);
    }
  }

  #hatch(g: CanvasRenderingContext2D, x0: number, x1: number, high: number, colour: string): void {
    const wide = Math.max(2, x1 - x0);
    g.save();
    g.beginPath();
    g.rect(x0, 0, wide, high);
    g.clip();
    g.strokeStyle = colour;
    g.lineWidth = 1;
    for (let x = x0 - high; x < x0 + wide; x += 5) {
      g.beginPath();
      g.moveTo(x, high);
      g.lineTo(x + high, 0);
      g.stroke();
    }
    g.restore();
  }
}
