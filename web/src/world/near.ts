// What is only seen from near: names beside drones, and drones as bodies.
import type { Position } from "../live/fleet";
import { BodyMesh } from "./bodies";
import type { Point } from "./camera";
import type { Labels } from "./labels";
import type { Scene } from "./marks";

const LABELS_UP_TO = 60;
const SELECTED_LABELS = 40;
/** Neighbours this many pixels apart leave room for names. */
const ROOM_PX = 56;

const at: Position = { x: 0, y: 0, z: 0 };
const px: Point = { x: 0, y: 0 };

export function placeNear(
  s: Scene,
  labels: Labels,
  bodies: BodyMesh,
  hovered: number,
  spacing: number,
): void {
  const { fleet, selection, camera: cam, t } = s;
  const { originX: ox, originY: oy } = fleet;
  /** Depth of a drone on screen, or nothing when it is off it; its pixel is in `px`. */
  const seen = (slot: number): number => {
    const p = fleet.positionAt(slot, t, at);
    const w = cam.project(p.x - ox, p.y - oy, p.z, px);
    return px.x < 0 || px.y < 0 || px.x > cam.width || px.y > cam.height ? 0 : w;
  };
  // Beside a body, not on it.
  const beside = (w: number) => (cam.topDown ? 0 : Math.max(0, cam.pixelsPerMetre(w) * 0.42 - 8));
  const label = (slot: number, strong: boolean) => {
    const w = seen(slot);
    if (w > 0) labels.add(fleet.id[slot] ?? "", px.x + beside(w), px.y, strong);
  };
  if (hovered >= 0 && fleet.alive[hovered]) label(hovered, true);
  const chosen = selection.slots(fleet);
  for (const slot of chosen.slice(0, SELECTED_LABELS)) if (slot !== hovered) label(slot, chosen.length <= 8);

  // Nothing below is seen from afar, and from afar there are too many to ask.
  if (cam.pixelsPerMetre(cam.target.distance) < 2 && fleet.size > LABELS_UP_TO) return;
  let labelled = 0;
  for (let slot = 0; slot < fleet.high; slot++) {
    if (!fleet.alive[slot]) continue;
    const w = seen(slot);
    if (w <= 0) continue;
    const ppm = cam.pixelsPerMetre(w);
    if (!cam.topDown && ppm >= BodyMesh.FROM_PX_PER_M)
      bodies.add(
        at.x - ox,
        at.y - oy,
        at.z,
        fleet.headingAt(slot, t),
        fleet.roll[slot] ?? 0,
        fleet.pitch[slot] ?? 0,
        s.paint.byKind[fleet.kind[slot] ?? 0] ?? s.paint.stale,
        fleet.armed[slot] === 1,
      );
    if (labelled < LABELS_UP_TO && ppm * spacing > ROOM_PX && slot !== hovered) {
      labelled++;
      labels.add(fleet.id[slot] ?? "", px.x + beside(w), px.y, false);
    }
  }
}
