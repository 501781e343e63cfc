// The ruler: two clicks on the ground, the distance and bearing between them.
import { signal } from "@preact/signals";
import { metres } from "../ui/format";
import type { Point } from "./camera";
import type { Editor, Layer } from "./layer";
import type { World } from "./world";

type Xy = { readonly x: number; readonly y: number };

export class Ruler implements Editor {
  readonly points = signal<readonly Xy[]>([]);
  readonly cursor = "crosshair";
  #over: Xy | undefined;
  #moves = 0;

  constructor(
    readonly world: World,
    readonly end: () => void,
  ) {}

  readonly layer: Layer = {
    key: () => `${this.points.value.length} ${this.#moves}`,
    draw: (pen) => {
      const [a, b] = [this.points.value[0], this.points.value[1] ?? this.#over];
      if (!a || !b) return;
      const [from, to] = [
        { ...a, z: 0 },
        { ...b, z: 0 },
      ];
      pen.line(from, to, "text", 0.9, 2);
      pen.handle(from, 4, "text");
      pen.handle(to, 4, "text");
      const bearing = ((Math.atan2(b.x - a.x, b.y - a.y) * 180) / Math.PI + 360) % 360;
      const text = `${metres(Math.hypot(b.x - a.x, b.y - a.y))} · ${String(Math.round(bearing) % 360).padStart(3, "0")}°`;
      pen.label(text, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, z: 0 }, true);
    },
  };

  hint = (): string =>
    this.points.value.length === 1
      ? "Click the other end · Esc ends"
      : "Click where to measure from · Esc ends";

  down(): boolean {
    return false;
  }
  drag(): void {}

  up(at: Point, moved: boolean): void {
    const p = moved ? undefined : this.world.placeAt(at.x, at.y, 0);
    if (!p) return;
    this.points.value = this.points.value.length === 1 ? [...this.points.value, p] : [p];
    this.#moves++;
  }

  hover(at: Point): void {
    this.#over = this.world.placeAt(at.x, at.y, 0);
    this.#moves++;
  }

  double(): void {}

  key(e: KeyboardEvent): boolean {
    if (e.key !== "Escape") return false;
    this.points.value = [];
    this.end();
    return true;
  }
}
