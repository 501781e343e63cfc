// Obstacles are what stands in the way: boxes and cylinders, as edges.
import { type Signal, signal } from "@preact/signals";
import { call } from "../api/rest";
import { list, number, record, text } from "../wire/read";
import type { Layer, Pen, Place } from "./layer";

interface Obstacle {
  readonly name: string;
  readonly corners: readonly { readonly x: number; readonly y: number }[];
  readonly base: number;
  readonly top: number;
}

const ROUND = 24;

/** Corners on the ground of a box along its heading, or of a cylinder. */
export function obstacleOf(v: unknown): Obstacle | undefined {
  const o = record(v);
  const [x, y, height] = [number(o?.x), number(o?.y), number(o?.height_m)];
  if (!o || x === undefined || y === undefined || height === undefined) return undefined;
  const base = number(o.base_m) ?? 0;
  const about = { name: text(o.name) ?? "", base, top: base + height };
  const radius = number(o.radius_m) ?? 0;
  if (text(o.type) === "cylinder")
    return {
      ...about,
      corners: Array.from({ length: ROUND }, (_, i) => {
        const a = (i / ROUND) * 2 * Math.PI;
        return { x: x + Math.sin(a) * radius, y: y + Math.cos(a) * radius };
      }),
    };
  const [l, w] = [(number(o.length_m) ?? 0) / 2, (number(o.width_m) ?? 0) / 2];
  const h = ((number(o.heading_deg) ?? 0) * Math.PI) / 180;
  const corner = (along: number, across: number) => ({
    x: x + Math.sin(h) * along + Math.cos(h) * across,
    y: y + Math.cos(h) * along - Math.sin(h) * across,
  });
  return { ...about, corners: [corner(l, w), corner(l, -w), corner(-l, -w), corner(-l, w)] };
}

export class Obstacles {
  readonly all: Signal<readonly Obstacle[]> = signal([]);
  #revision = 0;

  async refresh(): Promise<void> {
    const a = await call("/obstacles");
    if (!a.ok) return;
    this.all.value = list(record(a.value)?.obstacles).flatMap((v) => obstacleOf(v) ?? []);
    this.#revision++;
  }

  readonly layer: Layer = {
    key: () => this.#revision,
    draw: (pen) => {
      for (const o of this.all.value) drawObstacle(pen, o);
    },
  };
}

function drawObstacle(pen: Pen, o: Obstacle): void {
  const at = (z: number) => o.corners.map((c): Place => ({ x: c.x, y: c.y, z }));
  pen.path(at(o.base), "text", 0.5, 1.2, true);
  if (pen.camera.topDown) {
    const [a, c] = [o.corners[0], o.corners[Math.floor(o.corners.length / 2)]];
    if (a && c) pen.line({ ...a, z: 0 }, { ...c, z: 0 }, "text", 0.3, 1);
    return;
  }
  pen.path(at(o.top), "text", 0.75, 1.5, true);
  const step = o.corners.length > 8 ? 3 : 1;
  for (let i = 0; i < o.corners.length; i += step) {
    const c = o.corners[i];
    if (c) pen.line({ ...c, z: o.base }, { ...c, z: o.top }, "text", 0.45, 1);
  }
}
