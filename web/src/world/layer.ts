// What others may put into the world: layers draw over the ground with a pen that
// knows places from the world's origin; an editor takes the pointer from the camera.
import type { Camera, Point } from "./camera";
import type { LineBatch } from "./gl";
import type { Labels } from "./labels";
import type { Paint, Rgb } from "./paint";

export type Ink = "accent" | "ok" | "warn" | "error" | "replay" | "text" | "stale";

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Layer {
  /** Changes whenever the picture of the layer does. */
  readonly key: () => string | number;
  readonly draw: (pen: Pen) => void;
}

export interface Editor {
  /** The pointer went down at a pixel; true takes it from the camera. */
  down(at: Point, e: PointerEvent): boolean;
  drag(at: Point): void;
  up(at: Point, moved: boolean): void;
  hover(at: Point): void;
  double(at: Point): void;
  /** True when the key was for the editor. */
  key(e: KeyboardEvent): boolean;
  readonly cursor: string;
  /** What to do next, shown over the world. */
  readonly hint: () => string;
}

const RING_STEPS = 18;

export class Pen {
  #px: Point = { x: 0, y: 0 };

  constructor(
    readonly batch: LineBatch,
    readonly camera: Camera,
    readonly paint: Paint,
    readonly labels: Labels,
    readonly originX: number,
    readonly originY: number,
  ) {}

  ink(name: Ink): Rgb {
    if (name === "ok") return this.paint.byKind[1] ?? this.paint.text;
    if (name === "warn") return this.paint.byKind[2] ?? this.paint.text;
    if (name === "error") return this.paint.byKind[3] ?? this.paint.text;
    return this.paint[name];
  }

  line(a: Place, b: Place, ink: Ink, alpha = 0.9, width = 1.5): void {
    const { originX: ox, originY: oy } = this;
    this.batch.add(a.x - ox, a.y - oy, a.z, alpha, b.x - ox, b.y - oy, b.z, alpha, this.ink(ink), width);
  }

  path(points: readonly Place[], ink: Ink, alpha = 0.9, width = 1.5, closed = false): void {
    for (let i = closed ? 0 : 1; i < points.length; i++) {
      const [a, b] = [points[i === 0 ? points.length - 1 : i - 1], points[i]];
      if (a && b) this.line(a, b, ink, alpha, width);
    }
  }

  /** A short dash every other step, for what is not flown but meant. */
  dashes(a: Place, b: Place, ink: Ink, alpha = 0.7, width = 1.2): void {
    const from = this.pixel(a);
    const to = this.pixel(b);
    const n = Math.min(60, Math.max(1, Math.round(Math.hypot(from.x - to.x, from.y - to.y) / 14)));
    const at = (k: number): Place => ({
      x: a.x + (b.x - a.x) * k,
      y: a.y + (b.y - a.y) * k,
      z: a.z + (b.z - a.z) * k,
    });
    for (let i = 0; i < n; i++) this.line(at(i / n), at((i + 0.55) / n), ink, alpha, width);
  }

  /** A ring of a radius in metres. */
  circle(c: Place, radius: number, ink: Ink, alpha = 0.9, width = 1.5): void {
    const n = Math.max(RING_STEPS, 36);
    let last = { x: c.x, y: c.y + radius, z: c.z };
    for (let i = 1; i <= n; i++) {
      const a = (i / n) * Math.PI * 2;
      const next = { x: c.x + Math.sin(a) * radius, y: c.y + Math.cos(a) * radius, z: c.z };
      this.line(last, next, ink, alpha, width);
      last = next;
    }
  }

  /** A ring of a radius in pixels: a handle. */
  handle(c: Place, px: number, ink: Ink, strong = false): void {
    const r = px / this.scaleAt(c);
    this.circle(c, r, ink, 1, strong ? 2.5 : 1.5);
    if (strong) this.circle(c, r * 0.45, ink, 1, 2.5);
  }

  /** A post from a place to the ground. */
  post(p: Place, ink: Ink): void {
    if (!this.camera.topDown && p.z > 0.5) this.line({ ...p, z: 0 }, p, ink, 0.35, 1);
  }

  label(text: string, p: Place, strong = false): void {
    const at = this.pixel(p);
    if (at.w > 0) this.labels.add(text, at.x, at.y, strong);
  }

  pixel(p: Place): { x: number; y: number; w: number } {
    const w = this.camera.project(p.x - this.originX, p.y - this.originY, p.z, this.#px);
    return { x: this.#px.x, y: this.#px.y, w };
  }

  scaleAt(p: Place): number {
    return this.camera.pixelsPerMetre(this.pixel(p).w);
  }
}
