// Strip charts of the last minute: one cursor through all of them. A few drones
// are a line each; many are their least, mean and greatest.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";
import { type App, useApp } from "../app";
import { clockText, fixed } from "../ui/format";
import { theme } from "../ui/theme";
import { FIELDS, type Field } from "./memory";

const HEIGHT = 76;
const LINES_UP_TO = 6;
const titles: Readonly<Record<Field, readonly [string, string, number]>> = {
  height: ["Height", "m", 1],
  speed: ["Speed", "m/s", 1],
  climb: ["Climb", "m/s", 1],
  battery: ["Battery", "%", 0],
};

export function Strips(_: Record<string, never>) {
  const app = useApp();
  const host = useRef<HTMLDivElement>(null);
  void app.selection.revision.value;
  useEffect(() => {
    if (!host.current) return;
    const set = new StripSet(host.current, app);
    const offs = [app.pulse.subscribe(() => set.refresh()), theme.subscribe(() => set.rebuild())];
    return () => {
      for (const off of offs) off();
      set.dispose();
    };
  }, [app]);
  return (
    <section class="strips" aria-label="The last minute" hidden={app.selection.size === 0}>
      <h3>Last minute</h3>
      <div ref={host} role="img" aria-label="Height, speed, climb and battery over the last minute" />
    </section>
  );
}

class StripSet {
  #plots: uPlot[] = [];
  #key = "";
  #revision = -1;
  #observer: ResizeObserver;

  constructor(
    readonly host: HTMLElement,
    readonly app: App,
  ) {
    this.#observer = new ResizeObserver(() => {
      for (const p of this.#plots) p.setSize({ width: this.host.clientWidth, height: HEIGHT });
    });
    this.#observer.observe(host);
    this.refresh();
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#clear();
  }

  rebuild(): void {
    this.#key = "";
    this.refresh();
  }

  refresh(): void {
    const { selection, fleet, strips } = this.app;
    const slots = selection.slots(fleet);
    const many = slots.length > LINES_UP_TO;
    const key = many ? `many ${selection.revision.value}` : slots.join(" ");
    if (key !== this.#key) {
      this.#key = key;
      this.#build(slots, many);
    } else if (strips.revision === this.#revision) return;
    this.#revision = strips.revision;
    const times = strips.times();
    FIELDS.forEach((field, i) => {
      const lines = many ? strips.spread(slots, field) : slots.map((s) => strips.line(s, field));
      this.#plots[i]?.setData([times, ...lines]);
    });
  }

  #clear(): void {
    for (const p of this.#plots) p.destroy();
    this.#plots = [];
    this.host.replaceChildren();
  }

  #build(slots: readonly number[], many: boolean): void {
    this.#clear();
    if (slots.length === 0) return;
    const style = getComputedStyle(document.documentElement);
    const token = (name: string) => style.getPropertyValue(name).trim();
    const colours = many
      ? [token("--muted"), token("--accent"), token("--muted")]
      : ["--accent", "--ok", "--warn", "--replay", "--error", "--text"].map(token);
    const names = many ? ["min", "mean", "max"] : slots.map((s) => this.app.fleet.id[s] ?? "");
    const font = "11px system-ui";
    for (const field of FIELDS) {
      const [title, unit, digits] = titles[field];
      const axis = {
        stroke: token("--muted"),
        grid: { stroke: token("--border"), width: 1 },
        ticks: { show: false },
        font,
      };
      this.#plots.push(
        new uPlot(
          {
            width: this.host.clientWidth,
            height: HEIGHT,
            cursor: { sync: { key: "strips" }, points: { size: 5 }, drag: { x: false, y: false } },
            legend: { show: true, live: true },
            scales: {
              x: { time: false },
              y: {
                // A hovering drone must not look like a storm: at least a metre, or a per cent, from edge to edge.
                range: (_, lo, hi) =>
                  field === "battery"
                    ? [Math.max(0, lo - 1), Math.min(100, hi + 1)]
                    : [lo - Math.max(0.5, (hi - lo) * 0.1), hi + Math.max(0.5, (hi - lo) * 0.1)],
              },
            },
            axes: [
              {
                ...axis,
                size: 16,
                gap: 2,
                values: (_, v) => v.map((x) => clockText(x).replace(/\.\d$/, "")),
              },
              {
                ...axis,
                size: 38,
                gap: 3,
                splits: (_u, _i, lo, hi) => [lo + (hi - lo) * 0.15, hi - (hi - lo) * 0.15],
                // As many digits as tell the two apart.
                values: (_, v) => v.map((x) => fixed(x, Math.abs((v[1] ?? 0) - (v[0] ?? 0)) < 4 ? 1 : 0)),
              },
            ],
            series: [
              { label: `${title} ${unit}`, value: (_, v) => (v == null ? "" : clockText(v)) },
              ...names.map((label, i) => ({
                label,
                stroke: colours[i % colours.length],
                width: many && i !== 1 ? 1 : 1.5,
                points: { show: false },
                value: (_: uPlot, v: number | null) => (v == null ? "–" : fixed(v, digits)),
              })),
            ],
            ...(many && { bands: [{ series: [3, 1] as [number, number], fill: `${token("--accent")}1f` }] }),
          },
          [[], ...names.map(() => [])],
          this.host,
        ),
      );
    }
    this.#revision = -1;
  }
}
