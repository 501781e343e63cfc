// Where each of several drones goes when the group is sent to a place: the group
// keeps its shape, its middle comes to the place.

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const MIN_HEIGHT_M = 2;

/**
 * Targets around the place (x, y), each offset by the drone's position relative to the
 * group's middle. Heights are kept, but not below two metres: a drone sent along the
 * ground would meet it.
 */
export function formationTargets(
  from: ReadonlyMap<string, Place>,
  to: { x: number; y: number },
): Map<string, Place> {
  let [cx, cy] = [0, 0];
  for (const p of from.values()) {
    cx += p.x / from.size;
    cy += p.y / from.size;
  }
  const out = new Map<string, Place>();
  for (const [id, p] of from) {
    out.set(id, {
      x: round(to.x + p.x - cx),
      y: round(to.y + p.y - cy),
      z: round(Math.max(MIN_HEIGHT_M, p.z)),
    });
  }
  return out;
}

function round(v: number): number {
  return Math.round(v * 100) / 100;
}
