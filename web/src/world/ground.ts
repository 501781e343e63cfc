// The ground grid: lines of a step that suits the scale, every fifth or tenth
// stronger, the two axes of the world's origin strongest.
import type { Fleet } from "../live/fleet";
import type { Camera } from "./camera";
import type { LineBatch } from "./gl";
import type { Paint } from "./paint";

export interface GroundKey {
  key: string;
}

const MIN_PX = 30;
/** In 3D the ground fades out at this many times the distance of the camera. */
export const GROUND_REACH = 2.6;
const MAX_LINES = 150; // each way from the middle

/** The step of the fine lines in metres: 1, 5, 10, 50, ... at least `MIN_PX` apart. */
export function gridStep(metresPerPixel: number): number {
  const want = metresPerPixel * MIN_PX;
  const power = 10 ** Math.floor(Math.log10(want));
  const step = want <= power ? power : want <= power * 5 ? power * 5 : power * 10;
  return Math.max(1, step);
}

export function drawGround(
  batch: LineBatch,
  camera: Camera,
  fleet: Fleet,
  paint: Paint,
  last: GroundKey,
): void {
  const mpp = camera.metresPerPixel;
  const step = gridStep(mpp);
  const at = camera.target;
  const reach = camera.topDown
    ? mpp * Math.hypot(camera.width, camera.height) * 0.75
    : at.distance * GROUND_REACH;
  const n = Math.min(MAX_LINES, Math.ceil(reach / step) + 1);
  const cx = Math.round((at.x + fleet.originX) / step);
  const cy = Math.round((at.y + fleet.originY) / step);
  // The fine lines fade in as they move apart, so that zooming has no sudden step.
  const gap = step / mpp;
  const fine = Math.round(Math.min(1, Math.max(0.2, (gap - MIN_PX) / (MIN_PX * 2.5))) * 10) / 10;
  const key = `${step} ${cx} ${cy} ${n} ${fine} ${camera.topDown} ${fleet.originX} ${fleet.originY}`;
  if (key === last.key) return;
  last.key = key;

  batch.clear();
  const strong = String(step).startsWith("5") ? 2 : 5;
  const line = (i: number, alongX: boolean) => {
    // Far off, fine lines would be a grey haze that costs as much as the rest.
    const fineOnly = i % strong !== 0;
    const middle = alongX ? cy : cx;
    if (fineOnly && !camera.topDown && Math.abs(i - middle) > n * 0.5) return;
    const half = n * step * (fineOnly && !camera.topDown ? 0.5 : 1);
    const strength = i === 0 ? 1 : i % strong === 0 ? 0.62 : 0.3 * fine;
    const alpha = strength * paint.gridStrength;
    const w = i === 0 ? 1.4 : 1;
    const mx = cx * step - fleet.originX;
    const my = cy * step - fleet.originY;
    if (alongX) {
      const y = i * step - fleet.originY;
      batch.add(mx - half, y, 0, alpha, mx, y, 0, alpha, paint.grid, w);
      batch.add(mx, y, 0, alpha, mx + half, y, 0, alpha, paint.grid, w);
    } else {
      const x = i * step - fleet.originX;
      batch.add(x, my - half, 0, alpha, x, my, 0, alpha, paint.grid, w);
      batch.add(x, my, 0, alpha, x, my + half, 0, alpha, paint.grid, w);
    }
  };
  for (let i = -n; i <= n; i++) {
    line(cy + i, true);
    line(cx + i, false);
  }
}
