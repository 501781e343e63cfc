// FleetTable writes the visible rows of the list. Ten thousand drones are a few
// dozen DOM rows, recycled while scrolling, their text written from the arrays
// five times a second; the framework never sees them.
import type { App } from "../app";
import { fixed, modeText } from "../ui/format";

export const ROW_PX = 28;
const OVERSCAN = 4;

interface Row {
  readonly el: HTMLElement;
  readonly shape: HTMLElement;
  readonly cells: readonly HTMLElement[];
  readonly bar: HTMLElement;
  readonly texts: string[];
  slot: number;
  look: string;
}

export class FleetTable {
  #rows: Row[] = [];
  #first = 0;
  #active = 0;
  #anchor = 0;
  #off = new AbortController();
  #observer: ResizeObserver;
  #height = 0;

  constructor(
    readonly scroller: HTMLElement,
    readonly body: HTMLElement,
    readonly app: App,
  ) {
    const signal = this.#off.signal;
    scroller.addEventListener("scroll", () => this.write(), { signal, passive: true });
    scroller.addEventListener("keydown", (e) => this.#key(e), { signal });
    body.addEventListener(
      "mousedown",
      (e) => {
        if (e.shiftKey) e.preventDefault();
      },
      { signal },
    );
    body.addEventListener("click", (e) => this.#click(e), { signal });
    body.addEventListener("pointermove", (e) => this.#hover(e), { signal, passive: true });
    body.addEventListener("pointerleave", () => this.#setHover(-1), { signal });
    this.#observer = new ResizeObserver(() => {
      this.#height = scroller.clientHeight;
      this.write();
    });
    this.#observer.observe(scroller);
    this.#height = scroller.clientHeight;
  }

  dispose(): void {
    this.#off.abort();
    this.#observer.disconnect();
  }

  /** Writes what is in view. */
  write(): void {
    const { roster, fleet, selection } = this.app;
    const total = roster.slots.length;
    const height = `${total * ROW_PX}px`;
    if (this.body.style.height !== height) this.body.style.height = height;
    this.scroller.setAttribute("aria-rowcount", String(total + 1));
    this.#first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_PX) - OVERSCAN);
    const want = Math.min(total - this.#first, Math.ceil(this.#height / ROW_PX) + OVERSCAN * 2);
    while (this.#rows.length < want) this.#rows.push(this.#make());
    this.#rows.forEach((row, i) => {
      const index = this.#first + i;
      const slot = i < want ? (roster.slots[index] ?? -1) : -1;
      if (slot < 0 || !fleet.alive[slot]) {
        if (row.slot !== -1) row.el.hidden = true;
        row.slot = -1;
        return;
      }
      if (row.slot === -1) row.el.hidden = false;
      row.slot = slot;
      const chosen = selection.has(fleet.id[slot] ?? "");
      const look = `row${chosen ? " chosen" : ""}${index === this.#active ? " active" : ""} k${fleet.kind[slot]} at${index}`;
      if (row.look !== look) {
        row.look = look;
        row.el.className = `row${chosen ? " chosen" : ""}${index === this.#active ? " active" : ""}`;
        row.el.style.transform = `translateY(${index * ROW_PX}px)`;
        row.el.setAttribute("aria-rowindex", String(index + 2));
        row.el.setAttribute("aria-selected", String(chosen));
        row.el.id = `row-${index}`;
        row.shape.className = `shape k${fleet.kind[slot]}`;
      }
      const battery = fleet.battery[slot] ?? 0;
      this.#text(row, 0, fleet.id[slot] ?? "");
      this.#text(row, 1, modeText(fleet.mode[slot] ?? ""));
      this.#text(row, 2, fixed(fleet.height[slot] ?? 0, 1));
      this.#text(row, 3, fixed(fleet.speed[slot] ?? 0, 1));
      if (this.#text(row, 4, `${Math.round(battery)}`)) {
        row.bar.style.transform = `scaleX(${Math.max(0, Math.min(1, battery / 100))})`;
        row.bar.className = battery < 15 ? "low" : battery < 30 ? "mid" : "";
      }
    });
    this.scroller.setAttribute("aria-activedescendant", total > 0 ? `row-${this.#active}` : "");
  }

  #text(row: Row, i: number, text: string): boolean {
    if (row.texts[i] === text) return false;
    row.texts[i] = text;
    const cell = row.cells[i];
    if (cell) cell.textContent = text;
    return true;
  }

  #make(): Row {
    const el = document.createElement("div");
    el.setAttribute("role", "row");
    const cell = (name: string) => {
      const c = document.createElement("span");
      c.className = name;
      c.setAttribute("role", "gridcell");
      el.append(c);
      return c;
    };
    const first = cell("c-id");
    const shape = document.createElement("i");
    const id = document.createElement("b");
    first.append(shape, id);
    const mode = cell("c-mode");
    const height = cell("c-num");
    const speed = cell("c-num");
    const battery = cell("c-bat");
    const gauge = document.createElement("span");
    gauge.className = "gauge";
    const bar = document.createElement("i");
    const percent = document.createElement("b");
    gauge.append(bar);
    battery.append(gauge, percent);
    this.body.append(el);
    return { el, shape, cells: [id, mode, height, speed, percent], bar, texts: [], slot: -2, look: "" };
  }

  #rowAt(e: Event): number {
    const el = e.target instanceof Element ? e.target.closest(".row") : null;
    const i = this.#rows.findIndex((r) => r.el === el);
    return i < 0 ? -1 : this.#first + i;
  }

  #click(e: MouseEvent): void {
    const index = this.#rowAt(e);
    if (index < 0) return;
    this.#active = index;
    this.#choose(index, e.shiftKey, e.ctrlKey || e.metaKey);
  }

  #choose(index: number, range: boolean, toggle: boolean): void {
    const { roster, fleet, selection } = this.app;
    const id = fleet.id[roster.slots[index] ?? -1];
    if (id === undefined) return;
    if (range) {
      const [a, b] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
      selection.set(Array.from(roster.slots.slice(a, b + 1), (s) => fleet.id[s] ?? ""));
    } else {
      this.#anchor = index;
      if (toggle) selection.toggle(id);
      else selection.set([id]);
    }
    this.write();
  }

  #key(e: KeyboardEvent): void {
    const last = this.app.roster.slots.length - 1;
    const page = Math.max(1, Math.floor(this.#height / ROW_PX) - 1);
    const by: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -last,
      End: last,
    };
    const move = by[e.key];
    if (move !== undefined) {
      e.preventDefault();
      this.#active = Math.max(0, Math.min(last, this.#active + move));
      this.#reveal(this.#active);
      this.#choose(this.#active, e.shiftKey, false);
    } else if (e.key === "Enter") {
      e.preventDefault();
      this.#choose(this.#active, e.shiftKey, e.ctrlKey);
      this.app.world?.fit();
    }
  }

  #reveal(index: number): void {
    const top = index * ROW_PX;
    const s = this.scroller;
    if (top < s.scrollTop) s.scrollTop = top;
    else if (top + ROW_PX > s.scrollTop + this.#height) s.scrollTop = top + ROW_PX - this.#height;
  }

  #hover(e: PointerEvent): void {
    const index = this.#rowAt(e);
    this.#setHover(index < 0 ? -1 : (this.app.roster.slots[index] ?? -1));
  }

  #setHover(slot: number): void {
    if (this.app.world) this.app.world.hovered = slot;
  }
}
