// The health matrix: a cell for each drone in the order of the list, so that ten
// thousand are seen at once and the sick one stands out.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type App, useApp } from "../app";
import { t } from "../text";
import { fixed, modeText } from "../ui/format";
import { theme } from "../ui/theme";

type By = keyof typeof t.fleet.matrixBy;
const by = signal<By>("health");
const kinds: readonly By[] = ["health", "battery", "height", "speed"];

/** The largest square cell, gap included, with which `n` fit into the box; at least 4 px: then it scrolls. */
export function cellSize(n: number, width: number, height: number): number {
  if (n === 0 || width <= 0) return 18;
  for (let size = 18; size > 4; size--) {
    const cols = Math.floor(width / size);
    if (Math.ceil(n / cols) * size <= height) return size;
  }
  return 4;
}

export function Matrix() {
  const app = useApp();
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current || !canvas.current || !tip.current) return;
    const m = new MatrixView(host.current, canvas.current, tip.current, app);
    const offs = [
      app.pulse.subscribe(() => m.draw()),
      app.selection.revision.subscribe(() => m.draw()),
      theme.subscribe(() => m.draw()),
      by.subscribe(() => m.draw()),
    ];
    return () => {
      for (const off of offs) off();
      m.dispose();
    };
  }, [app]);
  return (
    <div class="matrix">
      <div class="segments" role="group" aria-label={t.fleet.matrix}>
        {kinds.map((k) => (
          <button
            type="button"
            key={k}
            aria-pressed={by.value === k}
            onClick={() => {
              by.value = k;
            }}
          >
            {t.fleet.matrixBy[k]}
          </button>
        ))}
      </div>
      <div class="cells" ref={host}>
        <canvas ref={canvas} role="img" aria-label={t.fleet.matrixLabel} />
        <div class="celltip" ref={tip} hidden />
      </div>
    </div>
  );
}

class MatrixView {
  #off = new AbortController();
  #observer: ResizeObserver;
  #size = 18;
  #cols = 1;
  #anchor = 0;

  constructor(
    readonly host: HTMLElement,
    readonly canvas: HTMLCanvasElement,
    readonly tip: HTMLElement,
    readonly app: App,
  ) {
    const { signal } = this.#off;
    canvas.addEventListener("pointermove", (e) => this.#hover(e), { signal, passive: true });
    canvas.addEventListener("pointerleave", () => this.#leave(), { signal });
    canvas.addEventListener("click", (e) => this.#click(e), { signal });
    this.#observer = new ResizeObserver(() => this.draw());
    this.#observer.observe(host);
  }

  dispose(): void {
    this.#off.abort();
    this.#observer.disconnect();
    if (this.app.world) this.app.world.hovered = -1;
  }

  draw(): void {
    const { fleet, roster, selection } = this.app;
    const n = roster.slots.length;
    const width = this.host.clientWidth;
    this.#size = cellSize(n, width, this.host.clientHeight);
    this.#cols = Math.max(1, Math.floor(width / this.#size));
    const dpr = window.devicePixelRatio || 1;
    const height = Math.max(1, Math.ceil(n / this.#cols) * this.#size);
    const c = this.canvas;
    c.style.height = `${height}px`;
    if (c.width !== Math.round(width * dpr)) c.width = Math.round(width * dpr);
    if (c.height !== Math.round(height * dpr)) c.height = Math.round(height * dpr);
    const g = c.getContext("2d");
    if (!g) return;
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    g.clearRect(0, 0, width, height);
    const style = getComputedStyle(document.documentElement);
    const token = (name: string) => style.getPropertyValue(name).trim();
    const health = ["--idle", "--ok", "--warn", "--error"].map(token);
    const scale = [0, 1, 2, 3, 4].map((i) => mix(token("--border"), token("--accent"), 0.15 + i * 0.2));
    const charge = [token("--error"), token("--warn"), token("--ok")];
    const accent = token("--text");
    const ground = token("--panel");
    const gap = this.#size > 6 ? 2 : 1;
    const side = this.#size - gap;
    const top = { height: 120, speed: 20 };
    for (let i = 0; i < n; i++) {
      const s = roster.slots[i] ?? 0;
      const x = (i % this.#cols) * this.#size;
      const y = Math.floor(i / this.#cols) * this.#size;
      const kind = fleet.kind[s] ?? 0;
      const how = by.value;
      if (how === "health") g.fillStyle = health[kind] ?? "";
      else if (how === "battery") {
        const b = fleet.battery[s] ?? 0;
        g.fillStyle = charge[b < 15 ? 0 : b < 30 ? 1 : 2] ?? "";
      } else {
        const share = (fleet[how][s] ?? 0) / top[how];
        g.fillStyle = scale[Math.max(0, Math.min(4, Math.floor(share * 5)))] ?? "";
      }
      g.globalAlpha = how === "health" && kind < 2 ? (kind === 1 ? 0.75 : 0.4) : 1;
      g.fillRect(x, y, side, side);
      g.globalAlpha = 1;
      // Colour alone doesn't tell: a warning has a notch, an error a hole.
      if (how === "health" && kind > 1 && side >= 5) {
        g.fillStyle = ground;
        const d = Math.max(2, Math.round(side / 3));
        if (kind === 2) g.fillRect(x + side - d, y, d, d);
        else g.fillRect(x + (side - d) / 2, y + (side - d) / 2, d, d);
      }
      if (selection.has(fleet.id[s] ?? "")) {
        g.strokeStyle = accent;
        g.lineWidth = 1.5;
        g.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
      }
    }
  }

  #indexAt(e: MouseEvent): number {
    const r = this.canvas.getBoundingClientRect();
    const col = Math.floor((e.clientX - r.left) / this.#size);
    if (col >= this.#cols) return -1;
    const i = Math.floor((e.clientY - r.top) / this.#size) * this.#cols + col;
    return i < this.app.roster.slots.length ? i : -1;
  }

  #hover(e: PointerEvent): void {
    const slot = this.app.roster.slots[this.#indexAt(e)] ?? -1;
    if (this.app.world) this.app.world.hovered = slot;
    this.tip.hidden = slot < 0;
    if (slot < 0) return;
    const f = this.app.fleet;
    this.tip.textContent = `${f.id[slot]} · ${modeText(f.mode[slot] ?? "")} · ${fixed(f.battery[slot] ?? 0, 0)} %`;
    const r = this.host.getBoundingClientRect();
    const x = Math.min(e.clientX - r.left + 12, r.width - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${x}px, ${e.clientY - r.top + this.host.scrollTop + 14}px)`;
  }

  #leave(): void {
    this.tip.hidden = true;
    if (this.app.world) this.app.world.hovered = -1;
  }

  #click(e: MouseEvent): void {
    const i = this.#indexAt(e);
    if (i < 0) return;
    const { roster, fleet, selection } = this.app;
    if (e.shiftKey) {
      const [a, b] = [Math.min(this.#anchor, i), Math.max(this.#anchor, i)];
      selection.set(Array.from(roster.slots.slice(a, b + 1), (s) => fleet.id[s] ?? ""));
      return;
    }
    this.#anchor = i;
    const id = fleet.id[roster.slots[i] ?? -1];
    if (id === undefined) return;
    if (e.ctrlKey || e.metaKey) selection.toggle(id);
    else selection.set([id]);
  }
}

function mix(a: string, b: string, share: number): string {
  return `color-mix(in srgb, ${b} ${Math.round(share * 100)}%, ${a})`;
}
