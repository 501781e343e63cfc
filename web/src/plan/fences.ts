// Fences are the server's geofences, drawn into every world.
import { type Signal, signal } from "@preact/signals";
import { getFences, type Stored } from "../api/missions";
import type { Fleet } from "../live/fleet";
import { number, record, text } from "../wire/read";
import { LocalFrame } from "../world/geodesy";
import type { Layer } from "../world/layer";
import { drawFence } from "./draw";
import { areaFrom } from "./mission";
import type { Fence } from "./model";

export class Fences {
  readonly stored: Signal<readonly Stored[]> = signal([]);
  #drawn: readonly Fence[] = [];
  #from: unknown;
  #revision = 0;

  constructor(readonly fleet: Fleet) {}

  async refresh(): Promise<void> {
    const a = await getFences();
    if (a.ok) this.stored.value = a.value;
  }

  readonly layer: Layer = {
    key: () => {
      const { anchor } = this.fleet;
      if (this.stored.value !== this.#from && anchor) {
        this.#from = this.stored.value;
        const frame = LocalFrame.from(anchor, anchor.at);
        this.#drawn = this.stored.value.flatMap((s) => fenceOf(s, frame));
        this.#revision++;
      }
      return this.#revision;
    },
    draw: (pen) => {
      for (const f of this.#drawn) drawFence(pen, f, false);
    },
  };
}

const CIRCLE_CORNERS = 32;

function fenceOf(s: Stored, frame: LocalFrame): Fence[] {
  const r = record(s.raw);
  if (!r) return [];
  const circle = record(r.circle);
  const [middle] = circle ? areaFrom([circle], frame) : [];
  const radius = number(circle?.radius_m) ?? 0;
  const area = middle
    ? Array.from({ length: CIRCLE_CORNERS }, (_, i) => {
        const a = (i / CIRCLE_CORNERS) * 2 * Math.PI;
        return { x: middle.x + Math.sin(a) * radius, y: middle.y + Math.cos(a) * radius };
      })
    : areaFrom(r.polygon, frame);
  if (area.length < 3) return [];
  return [{ keep: text(r.type) === "exclusion" ? "out" : "in", area, top: number(r.ceiling_m) ?? 120 }];
}
