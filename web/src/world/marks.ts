// Marks are the thin lines of the picture: trails' heads, posts to the ground,
// places drones were sent to.
import type { Selection } from "../fleet/selection";
import type { Fleet, Position } from "../live/fleet";
import type { Camera, Point } from "./camera";
import type { LineBatch } from "./gl";
import type { Paint } from "./paint";
import type { Targets } from "./targets";
import type { Trails } from "./trails";

/** Of a larger crowd, only the chosen get a post. */
const POSTS_UP_TO = 600;
const TARGETS_UP_TO = 300;
const HEADS_UP_TO = 200;

export interface Scene {
  readonly fleet: Fleet;
  readonly selection: Selection;
  readonly camera: Camera;
  readonly paint: Paint;
  readonly t: number;
  readonly greyed: boolean;
}

const at: Position = { x: 0, y: 0, z: 0 };
const px: Point = { x: 0, y: 0 };

/** Trails end at the last remembered place; the rest of the way to the drone is drawn each frame. */
export function drawTrailHeads(batch: LineBatch, s: Scene, trails: Trails): void {
  const { fleet } = s;
  const head = { x: 0, y: 0, z: 0 };
  for (const slot of s.selection.slots(fleet).slice(0, HEADS_UP_TO)) {
    if (!trails.head(slot, head)) continue;
    const p = fleet.positionAt(slot, s.t, at);
    batch.add(
      head.x,
      head.y,
      head.z,
      0.9,
      p.x - fleet.originX,
      p.y - fleet.originY,
      p.z,
      0.9,
      s.paint.accent,
      2,
    );
  }
}

/** A thin post from each drone to the ground: without it height cannot be read in 3D. */
export function drawPosts(batch: LineBatch, s: Scene): void {
  const { fleet, selection, paint } = s;
  const post = (slot: number, chosen: boolean) => {
    const p = fleet.positionAt(slot, s.t, at);
    const x = p.x - fleet.originX;
    const y = p.y - fleet.originY;
    const strength = chosen ? 0.75 : 0.4;
    const ink = s.greyed ? paint.stale : (paint.byKind[fleet.kind[slot] ?? 0] ?? paint.stale);
    batch.add(x, y, 0, strength * 0.25, x, y, p.z, strength, ink, chosen ? 1.5 : 1);
  };
  if (fleet.size > POSTS_UP_TO)
    for (const slot of selection.slots(fleet).slice(0, HEADS_UP_TO)) post(slot, true);
  else
    for (let slot = 0; slot < fleet.high; slot++)
      if (fleet.alive[slot]) post(slot, selection.has(fleet.id[slot] ?? ""));
}

export function drawTargets(batch: LineBatch, s: Scene, targets: Targets): void {
  const { fleet, camera, paint } = s;
  const c = paint.accent;
  let shown = 0;
  for (const [id, target] of targets.by) {
    const slot = fleet.slotOf(id);
    if (slot === undefined || shown++ > TARGETS_UP_TO) continue;
    const p = fleet.positionAt(slot, s.t, at);
    const x = target.x - fleet.originX;
    const y = target.y - fleet.originY;
    const r = 6 / camera.pixelsPerMetre(camera.project(x, y, target.z, px));
    batch.add(p.x - fleet.originX, p.y - fleet.originY, p.z, 0.15, x, y, target.z, 0.6, c, 1);
    const steps = targets.by.size > 60 ? 8 : 20;
    for (let i = 0; i < steps; i++) {
      const a = (i / steps) * Math.PI * 2;
      const b = ((i + 1) / steps) * Math.PI * 2;
      const [ax, ay] = [x + Math.cos(a) * r, y + Math.sin(a) * r];
      batch.add(ax, ay, target.z, 1, x + Math.cos(b) * r, y + Math.sin(b) * r, target.z, 1, c, 1.5);
    }
    if (!camera.topDown) batch.add(x, y, 0, 0.1, x, y, target.z, 0.5, c, 1);
  }
}
