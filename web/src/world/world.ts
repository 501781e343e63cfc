// World joins camera, renderer, trails and picking into one picture, redrawn
// each animation frame while something in it changes. It reads the fleet's
// arrays directly; the interface only hears of hovering, and of the view.
import type { Selection } from "../fleet/selection";
import type { RenderClock } from "../live/clock";
import { DEAD_RECKON_S } from "../live/clock";
import type { Fleet, Position } from "../live/fleet";
import type { LinkView } from "../live/link";
import { rateFor } from "../live/socket";
import type { Camera, Point } from "./camera";
import { PickGrid } from "./grid";
import { drawGround, type GroundKey } from "./ground";
import { Labels } from "./labels";
import { type Editor, type Layer, Pen, type Place } from "./layer";
import { drawPosts, drawTargets, drawTrailHeads, type Scene } from "./marks";
import { placeNear } from "./near";
import { type Paint, readPaint } from "./paint";
import { Renderer } from "./renderer";
import type { Targets } from "./targets";
import type { Trails } from "./trails";
import { view } from "./view";

export interface WorldParts {
  readonly fleet: Fleet;
  readonly clock: RenderClock;
  readonly selection: Selection;
  readonly targets: Targets;
  readonly trails: Trails;
  readonly camera: Camera;
  readonly link: () => LinkView;
  /** Called each animation frame, drawn or not. */
  readonly onFrame: (now: number) => void;
  /** Called when scale or bearing changed. */
  readonly onView: (camera: Camera) => void;
}

const PICK_RADIUS = 14;

export class World {
  readonly camera: Camera;
  hovered = -1;
  /** Someone else calls `tickOnce`: a benchmark that measures it. */
  manual = false;
  /** Drawn over the ground, in this order. */
  readonly layers = new Set<Layer>();
  /** Has the pointer and the keys, while there is one. */
  editor: Editor | undefined;
  #parts: WorldParts;
  #renderer: Renderer;
  #labels: Labels;
  #pick = new PickGrid();
  #pickKey = "";
  #paint: Paint = readPaint();
  #ground: GroundKey = { key: "" };
  #raf = 0;
  #last = 0;
  #lastKey = "";
  #uploaded = -1;
  #flagKey = "";
  #trailKey = "";
  #paintRevision = 0;
  #fitted = false;
  #spacing = 20;
  #spacingAt = 0;
  /** A ball with the whole fleet in it, as of a second ago. */
  #centre = { x: 0, y: 0, z: 0, radius: Infinity };
  #grace = 0;
  #at: Position = { x: 0, y: 0, z: 0 };
  #px: Point = { x: 0, y: 0 };
  #observer: ResizeObserver;

  constructor(canvas: HTMLCanvasElement, labels: HTMLElement, parts: WorldParts) {
    this.#parts = parts;
    this.camera = parts.camera;
    this.camera.mode = view.mode.value;
    this.#renderer = new Renderer(canvas);
    this.#labels = new Labels(labels);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    this.#resize();
    this.#raf = requestAnimationFrame(this.#frame);
  }

  dispose(): void {
    cancelAnimationFrame(this.#raf);
    this.#observer.disconnect();
    this.#renderer.dispose();
  }

  /** Reads the tokens again after a change of theme. */
  repaint(): void {
    this.#paint = readPaint();
    this.#paintRevision++;
    this.#ground.key = "";
  }

  /** The drone under a CSS pixel of the canvas, or -1. */
  pick(x: number, y: number): number {
    this.#buildPick();
    return this.#pick.nearest(x, y, PICK_RADIUS);
  }

  pickBox(x0: number, y0: number, x1: number, y1: number): number[] {
    this.#buildPick();
    return this.#pick.within(x0, y0, x1, y1);
  }

  /** The place at height `z` under a pixel, from the world's origin. */
  placeAt(x: number, y: number, z: number): Point | undefined {
    const p = this.camera.onPlane({ x, y }, z);
    return p && { x: p.x + this.#parts.fleet.originX, y: p.y + this.#parts.fleet.originY };
  }

  /** The pixel a place is drawn at, and its depth: not above zero behind the camera. */
  pixelOf(p: Place): { x: number; y: number; w: number } {
    const { originX, originY } = this.#parts.fleet;
    const w = this.camera.project(p.x - originX, p.y - originY, p.z, this.#px);
    return { x: this.#px.x, y: this.#px.y, w };
  }

  /** Brings places into view. */
  fitTo(points: readonly { x: number; y: number; z?: number }[]): void {
    if (points.length === 0) return;
    const { originX: ox, originY: oy } = this.#parts.fleet;
    const xs = points.map((p) => p.x - ox);
    const ys = points.map((p) => p.y - oy);
    const top = Math.max(0, ...points.map((p) => p.z ?? 0));
    this.camera.fit(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), top);
  }

  /** Brings the chosen drones, or all, into view. */
  fit(): void {
    const { fleet, selection, clock } = this.#parts;
    const chosen = selection.slots(fleet);
    const t = clock.at(performance.now() / 1000);
    let [minX, minY, maxX, maxY, top] = [Infinity, Infinity, -Infinity, -Infinity, 0];
    const take = (s: number) => {
      const p = fleet.positionAt(s, t, this.#at);
      minX = Math.min(minX, p.x);
      maxX = Math.max(maxX, p.x);
      minY = Math.min(minY, p.y);
      maxY = Math.max(maxY, p.y);
      top = Math.max(top, p.z);
    };
    if (chosen.length > 0) for (const s of chosen) take(s);
    else for (let s = 0; s < fleet.high; s++) if (fleet.alive[s]) take(s);
    if (minX > maxX) return;
    const { originX: ox, originY: oy } = fleet;
    this.camera.fit(minX - ox, minY - oy, maxX - ox, maxY - oy, top);
  }

  #frame = (): void => {
    this.#raf = requestAnimationFrame(this.#frame);
    if (!this.manual) this.tickOnce();
  };

  /** One look at the clock, and a new picture if there is one to draw. */
  tickOnce(): void {
    const { fleet, clock, trails, targets, selection } = this.#parts;
    const now = performance.now() / 1000;
    const dt = Math.min(0.1, now - this.#last);
    // When this page itself stood still, frames wait unread: that says nothing of their age.
    this.#grace = Math.max(this.#grace - dt, this.#last > 0 ? now - this.#last - 0.1 : 0);
    this.#last = now;
    this.#parts.onFrame(now);

    const t = clock.at(now);
    fleet.reach = clock.reach;
    if (!this.#fitted && fleet.size > 0) {
      this.#fitted = true;
      if (!this.camera.takeWanted(fleet.originX, fleet.originY)) this.fit();
      this.camera.step(10);
      this.#parts.onView(this.camera);
    }
    this.camera.mode = view.mode.value;
    if (view.follow.value !== "off") this.#follow(t, view.follow.value === "chase");
    if (this.camera.step(dt)) this.#parts.onView(this.camera);
    trails.sample(fleet, now);
    targets.sweep(fleet, now);
    this.#measureSpacing(now);

    const link = this.#parts.link();
    const age = Math.floor(Math.min(link.age, 5) * 10);
    const key = `${fleet.frames} ${t} ${this.camera.revision} ${selection.revision.value} ${this.hovered} ${this.#paintRevision} ${age} ${link.name} ${link.greyed} ${view.trails.value} ${targets.by.size} ${fleet.revision}${this.#layerKey()}${this.#spinning(now)}`;
    if (key === this.#lastKey) return;
    this.#lastKey = key;
    this.#draw(t, now, link);
  }

  #layerKey(): string {
    let key = "";
    for (const layer of this.layers) key += ` ${layer.key()}`;
    return key;
  }

  /** Rotors near the camera turn also while the drone hovers; with time paused they stand still. */
  #spinning(now: number): string {
    return this.#renderer.bodies.count > 0 && this.#parts.clock.reach > 0 && !this.camera.still
      ? ` ${now}`
      : "";
  }

  #draw(t: number, now: number, link: LinkView): void {
    const { fleet, clock, selection } = this.#parts;
    if (this.#uploaded !== fleet.frames) {
      this.#uploaded = fleet.frames;
      this.#renderer.upload(fleet);
    }
    const flagKey = `${fleet.revision} ${selection.revision.value} ${this.hovered} ${fleet.high}`;
    if (flagKey !== this.#flagKey) {
      this.#flagKey = flagKey;
      this.#renderer.uploadFlags(fleet, (s) => selection.has(fleet.id[s] ?? ""), this.hovered);
    }
    drawGround(this.#renderer.grid, this.camera, fleet, this.#paint, this.#ground);
    this.#drawTrails();
    const scene: Scene = {
      fleet,
      selection,
      camera: this.camera,
      paint: this.#paint,
      t,
      greyed: link.greyed,
    };
    this.#labels.begin();
    this.#renderer.bodies.begin();
    this.#drawMarks(scene);
    placeNear(scene, this.#labels, this.#renderer.bodies, this.hovered, this.#spacing);
    this.#labels.finish();
    // While paused no samples are due, so none is missing.
    const staleAfter =
      link.name === "live" && clock.reach === 0
        ? 1e6
        : DEAD_RECKON_S + 1.5 * Math.max(clock.interval, 1 / rateFor(fleet.size)) + Math.max(0, this.#grace);
    this.#renderer.draw(
      fleet,
      this.camera,
      { t, now, staleAfter, greyed: link.greyed, spacing: this.#spacing, onlyDots: this.#onlyDots() },
      this.#paint,
    );
    const data = document.documentElement.dataset;
    data.drones = String(fleet.size);
    data.tick = String(fleet.tick);
  }

  #drawTrails(): void {
    const { fleet, selection, trails } = this.#parts;
    const choice = view.trails.value;
    const key = `${choice} ${trails.revision} ${selection.revision.value} ${this.#paintRevision}`;
    if (key === this.#trailKey) return;
    this.#trailKey = key;
    const batch = this.#renderer.trails;
    batch.clear();
    if (choice === "off") return;
    const chosen = selection.slots(fleet);
    if (choice === "all") {
      const all: number[] = [];
      for (let s = 0; s < fleet.high; s++) if (fleet.alive[s]) all.push(s);
      if (all.length <= 1000) trails.lines(all, this.#paint.stale, 0.5, batch);
    }
    trails.lines(chosen.slice(0, 200), this.#paint.accent, 0.9, batch);
  }

  /** What moves each frame beside the drones: the newest piece of a trail, the way to a target. */
  #drawMarks(scene: Scene): void {
    const batch = this.#renderer.marks;
    const { fleet, targets, trails } = this.#parts;
    batch.clear();
    if (view.trails.value !== "off") drawTrailHeads(batch, scene, trails);
    if (!this.camera.topDown) drawPosts(batch, scene);
    drawTargets(batch, scene, targets);
    if (this.layers.size === 0) return;
    const pen = new Pen(batch, this.camera, this.#paint, this.#labels, fleet.originX, fleet.originY);
    for (const layer of this.layers) layer.draw(pen);
  }

  #follow(t: number, chase: boolean): void {
    const { fleet, selection } = this.#parts;
    const slots = selection.slots(fleet);
    if (slots.length === 0) return;
    let [x, y, z] = [0, 0, 0];
    for (const s of slots) {
      const p = fleet.positionAt(s, t, this.#at);
      x += p.x;
      y += p.y;
      z += p.z;
    }
    this.camera.goal.x = x / slots.length - fleet.originX;
    this.camera.goal.y = y / slots.length - fleet.originY;
    this.camera.goal.z = z / slots.length;
    const first = slots[0];
    if (chase && first !== undefined) this.camera.face((fleet.headingAt(first, t) * Math.PI) / 180);
  }

  /** Whether even the nearest drone is so far that it is a dot. */
  #onlyDots(): boolean {
    if (this.hovered >= 0 || this.#parts.selection.size > 0) return false;
    const { eye } = this.camera;
    const c = this.#centre;
    const nearest = Math.hypot(eye.x - c.x, eye.y - c.y, eye.z - c.z) - c.radius;
    return nearest > 0 && this.camera.pixelsPerMetre(nearest) * this.#spacing * 0.34 < 8.5;
  }

  /** How far neighbours are apart, roughly: the area of the fleet shared among its drones. */
  #measureSpacing(now: number): void {
    if (now - this.#spacingAt < 1) return;
    this.#spacingAt = now;
    const { fleet } = this.#parts;
    let [sx, sy, sxx, syy, n] = [0, 0, 0, 0, 0];
    for (let s = 0; s < fleet.high; s++) {
      if (!fleet.alive[s]) continue;
      const x = (fleet.x[s] ?? 0) - fleet.originX;
      const y = (fleet.y[s] ?? 0) - fleet.originY;
      sx += x;
      sy += y;
      sxx += x * x;
      syy += y * y;
      n++;
    }
    if (n < 2) return;
    this.#centre = { x: sx / n, y: sy / n, z: 0, radius: 0 };
    for (let s = 0; s < fleet.high; s++) {
      if (!fleet.alive[s]) continue;
      const far = Math.hypot(
        (fleet.x[s] ?? 0) - fleet.originX - sx / n,
        (fleet.y[s] ?? 0) - fleet.originY - sy / n,
        fleet.z[s] ?? 0,
      );
      // A second's flight is added: the ball is measured once a second.
      this.#centre.radius = Math.max(this.#centre.radius, far + 30);
    }
    const spread = (sum: number, squares: number) =>
      Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)) * 3.4;
    this.#spacing = Math.max(2, Math.sqrt((spread(sx, sxx) * spread(sy, syy)) / n));
  }

  #buildPick(): void {
    const { fleet, clock } = this.#parts;
    const t = clock.at(performance.now() / 1000);
    const key = `${fleet.frames} ${t.toFixed(2)} ${this.camera.revision} ${fleet.high}`;
    if (key === this.#pickKey) return;
    this.#pickKey = key;
    this.#pick.begin(this.camera.width, this.camera.height, fleet.high);
    for (let s = 0; s < fleet.high; s++) {
      if (!fleet.alive[s]) continue;
      const p = fleet.positionAt(s, t, this.#at);
      const w = this.camera.project(p.x - fleet.originX, p.y - fleet.originY, p.z, this.#px);
      if (w > 0) this.#pick.add(s, this.#px.x, this.#px.y);
    }
    this.#pick.finish();
  }

  #resize(): void {
    const c = this.#renderer.canvas;
    const { width, height } = c.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.camera.resize(width, height);
    this.#renderer.resize(width, height);
    this.#parts.onView(this.camera);
    // Resizing wiped the canvas; waiting for the next frame would flash black.
    if (this.#last > 0)
      this.#draw(
        this.#parts.clock.at(performance.now() / 1000),
        performance.now() / 1000,
        this.#parts.link(),
      );
  }
}
