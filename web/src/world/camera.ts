// Camera of the world: straight down in 2D (north up), orbiting in 3D. Both look
// at the same target, so switching keeps what is in view. Everything is metres
// from the fleet's floating origin; angles are radians.

export type ViewMode = "2d" | "3d";
export type Point = { x: number; y: number };

const FOV = (42 * Math.PI) / 180;
const HALF = Math.tan(FOV / 2);
const MIN_DISTANCE = 3;
const MAX_DISTANCE = 400_000;
/** Share of the view that a fitted box may take. */
const FIT_SHARE = 0.86;
const EASE_S = 0.05; // reaches nine tenths in 115 ms

export interface Pose {
  x: number;
  y: number;
  z: number;
  distance: number;
  /** Clockwise from north: where the camera looks to. */
  azimuth: number;
  /** Above the horizon. */
  elevation: number;
}

export class Camera {
  mode: ViewMode = "3d";
  width = 1;
  height = 1;
  /** CSS pixels at the bottom that something lies over; the target stays in the middle of the rest. */
  covered = 0;
  /** Motion is skipped where the person asked for less of it. */
  still = false;
  readonly matrix = new Float32Array(16);
  readonly eye = { x: 0, y: 0, z: 0 };
  /** Rises when the picture of the world changed. */
  revision = 0;

  /** A pose from a link, in metres from the world's origin, until the fleet's origin is known. */
  wanted: Pose | undefined;
  readonly goal: Pose = { x: 0, y: 0, z: 0, distance: 200, azimuth: 0.5, elevation: 0.6 };
  #now: Pose = { ...this.goal };
  #tilt = 0; // 1 is straight down; eases on a change of view
  #depth = 1; // how much of a height is drawn: 1 in 3D, next to nothing in 2D
  #inverse = new Float64Array(16);

  /** Takes the pose of a link over, once. */
  takeWanted(originX: number, originY: number): boolean {
    const w = this.wanted;
    if (!w) return false;
    this.wanted = undefined;
    Object.assign(this.goal, w, {
      x: w.x - originX,
      y: w.y - originY,
      distance: clamp(w.distance, MIN_DISTANCE, MAX_DISTANCE),
      elevation: clamp(w.elevation, 0.06, 1.5),
    });
    return true;
  }

  /** Turns to look along a heading, the short way round. */
  face(azimuth: number): void {
    const turn = azimuth - this.goal.azimuth;
    this.goal.azimuth += turn - Math.round(turn / (2 * Math.PI)) * 2 * Math.PI;
    this.goal.elevation = Math.min(this.goal.elevation, 0.5);
  }

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.#rebuild();
  }

  cover(px: number): void {
    this.covered = Math.min(px, this.height * 0.6);
    this.#rebuild();
  }

  /** Advances the easing by `dt` seconds; answers whether the view changed. */
  step(dt: number): boolean {
    const k = this.still ? 1 : 1 - Math.exp(-dt / EASE_S);
    const n = this.#now;
    const g = this.goal;
    const tilt = this.mode === "2d" ? 1 : 0;
    let moved = Math.abs(tilt - this.#tilt) > 1e-4;
    for (const key of ["x", "y", "z", "distance", "azimuth", "elevation"] as const) {
      const d = g[key] - n[key];
      if (Math.abs(d) > 1e-5 * Math.max(1, key === "distance" ? n.distance : 1)) moved = true;
      n[key] += d * k;
    }
    this.#tilt += (tilt - this.#tilt) * k;
    if (!moved) return false;
    this.#rebuild();
    return true;
  }

  get near(): number {
    return Math.max(0.2, this.#now.distance * 0.02);
  }

  /** Metres that one CSS pixel covers at the target. */
  get metresPerPixel(): number {
    return (2 * HALF * this.#now.distance) / this.height;
  }

  /** Where up on the screen points to, clockwise from north. */
  get bearing(): number {
    return this.#now.azimuth * (1 - this.#tilt);
  }

  get topDown(): boolean {
    return this.#tilt > 0.5;
  }

  get target(): Readonly<Pose> {
    return this.#now;
  }

  /** Looks at a box on the ground of height `top`, so that all of it is in view. */
  fit(minX: number, minY: number, maxX: number, maxY: number, top: number): void {
    const g = this.goal;
    g.x = (minX + maxX) / 2;
    g.y = (minY + maxY) / 2;
    g.z = this.mode === "2d" ? 0 : top / 2;
    const flat = this.mode === "2d";
    const { right, up, back } = axes(flat ? 0 : g.azimuth, flat ? Math.PI / 2 : g.elevation);
    const tall = HALF * FIT_SHARE * (1 - this.covered / this.height);
    const wide = (HALF * FIT_SHARE * this.width) / this.height;
    let need = 12;
    for (const x of [minX - g.x, maxX - g.x]) {
      for (const y of [minY - g.y, maxY - g.y]) {
        for (const z of flat ? [0] : [-g.z, top - g.z]) {
          const across = (v: Axis) => v[0] * x + v[1] * y + v[2] * z;
          need = Math.max(
            need,
            across(back) + Math.abs(across(right)) / wide,
            across(back) + Math.abs(across(up)) / tall,
          );
        }
      }
    }
    g.distance = clamp(need, MIN_DISTANCE, MAX_DISTANCE);
  }

  /** Drags the ground by CSS pixels. */
  pan(dxPx: number, dyPx: number): void {
    const m = (2 * HALF * this.goal.distance) / this.height;
    const a = this.mode === "2d" ? 0 : this.goal.azimuth;
    // On the ground a vertical drag covers more metres the flatter the view.
    const stretch = this.mode === "2d" ? 1 : 1 / Math.max(0.35, Math.sin(this.goal.elevation));
    const right = -dxPx * m;
    const up = dyPx * m * stretch;
    this.goal.x += right * Math.cos(a) + up * Math.sin(a);
    this.goal.y += -right * Math.sin(a) + up * Math.cos(a);
  }

  orbit(dxPx: number, dyPx: number): void {
    this.goal.azimuth += dxPx * 0.006;
    this.goal.elevation = clamp(this.goal.elevation + dyPx * 0.005, 0.06, 1.5);
  }

  /** Zooms by a factor, keeping the ground under the pointer where it is. */
  zoom(factor: number, at?: Point): void {
    const before = this.goal.distance;
    this.goal.distance = clamp(before * factor, MIN_DISTANCE, MAX_DISTANCE);
    const k = 1 - this.goal.distance / before;
    const ground = at && this.onPlane(at, this.goal.z);
    if (!ground) return;
    // Near the horizon the ground point is far away; following it would fling the view.
    const reach = before * 3;
    const dx = ground.x - this.#now.x;
    const dy = ground.y - this.#now.y;
    const far = Math.hypot(dx, dy);
    const s = far > reach ? reach / far : 1;
    this.goal.x += dx * k * s;
    this.goal.y += dy * k * s;
  }

  /** Projects to CSS pixels; answers the depth, not above zero when behind the camera. */
  project(x: number, y: number, z: number, out: Point): number {
    const m = this.matrix;
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
    const cx = m[0]! * x + m[4]! * y + m[8]! * z + m[12]!;
    const cy = m[1]! * x + m[5]! * y + m[9]! * z + m[13]!;
    out.x = (cx / w + 1) * 0.5 * this.width;
    out.y = (1 - cy / w) * 0.5 * this.height;
    return w;
  }

  /** Pixels a metre takes at depth `w`. */
  pixelsPerMetre(w: number): number {
    return this.height / (2 * HALF * Math.max(w, 1e-3));
  }

  /** The point of the plane z that lies under a CSS pixel, if any. */
  onPlane(p: Point, z: number): Point | undefined {
    const cx = (p.x / this.width) * 2 - 1;
    const cy = 1 - (p.y / this.height) * 2;
    const i = this.#inverse;
    const at = (cz: number) => {
      const w = i[3]! * cx + i[7]! * cy + i[11]! * cz + i[15]!;
      return [
        (i[0]! * cx + i[4]! * cy + i[8]! * cz + i[12]!) / w,
        (i[1]! * cx + i[5]! * cy + i[9]! * cz + i[13]!) / w,
        (i[2]! * cx + i[6]! * cy + i[10]! * cz + i[14]!) / w,
      ] as const;
    };
    const [fx, fy, fz] = at(0.2);
    const dx = fx - this.eye.x;
    const dy = fy - this.eye.y;
    const dz = fz - this.eye.z;
    if (Math.abs(dz) < 1e-9) return undefined;
    const n = this.#now;
    const flattened = n.z + (z - n.z) * this.#depth;
    const t = (flattened - this.eye.z) / dz;
    return t > 0 ? { x: this.eye.x + dx * t, y: this.eye.y + dy * t } : undefined;
  }

  #rebuild(): void {
    this.revision++;
    const n = this.#now;
    // 2D is the same perspective seen from straight above, so that the change of
    // view is one smooth tilt.
    const elevation = n.elevation + (Math.PI / 2 - 1e-4 - n.elevation) * this.#tilt;
    const azimuth = n.azimuth * (1 - this.#tilt);
    const flat = Math.cos(elevation) * n.distance;
    this.eye.x = n.x - Math.sin(azimuth) * flat;
    this.eye.y = n.y - Math.cos(azimuth) * flat;
    this.eye.z = n.z + Math.sin(elevation) * n.distance;

    const { right, up, back } = axes(azimuth, elevation);
    const e = this.eye;
    const dot = (v: Axis) => -(v[0] * e.x + v[1] * e.y + v[2] * e.z);
    const near = this.near;
    const far = n.distance * 60 + 4000;
    const f = 1 / HALF;
    const a = f / (this.width / this.height);
    const c = (far + near) / (near - far);
    const d = (2 * far * near) / (near - far);
    const tx = dot(right);
    const ty = dot(up);
    const tz = dot(back);
    const m = this.matrix;
    for (let i = 0; i < 3; i++) {
      m[i * 4] = a * right[i]!;
      m[i * 4 + 1] = f * up[i]!;
      m[i * 4 + 2] = c * back[i]!;
      m[i * 4 + 3] = -back[i]!;
    }
    m[12] = a * tx;
    m[13] = f * ty;
    m[14] = c * tz + d;
    m[15] = -tz;
    const lift = this.covered / this.height;
    for (let i = 1; i < 16; i += 4) m[i]! += lift * m[i + 2]!;
    invert(m, this.#inverse);
    // A map has no parallax: as the view tilts down, heights shrink onto the
    // target's plane, so that a drone stands over the ground it is above.
    this.#depth = Math.max(1e-3, 1 - this.#tilt);
    for (let i = 8; i < 12; i++) {
      m[i + 4]! += m[i]! * n.z * (1 - this.#depth);
      m[i]! *= this.#depth;
    }
  }
}

type Axis = readonly [number, number, number];

/** The camera's own axes in the world; `back` points from the target to the eye. */
function axes(azimuth: number, elevation: number): { right: Axis; up: Axis; back: Axis } {
  const sa = Math.sin(azimuth);
  const ca = Math.cos(azimuth);
  const se = Math.sin(elevation);
  const ce = Math.cos(elevation);
  return { right: [ca, -sa, 0], up: [sa * se, ca * se, ce], back: [-sa * ce, -ca * ce, se] };
}

function clamp(v: number, lo: number, hi: number): number {
  return Math.min(hi, Math.max(lo, v));
}

/** Gauss-Jordan on a column-major 4x4; the matrix of a camera always has an inverse. */
function invert(m: ArrayLike<number>, out: Float64Array): void {
  const a = Array.from({ length: 4 }, (_, r) =>
    Array.from({ length: 8 }, (_, c) => (c < 4 ? (m[c * 4 + r] ?? 0) : c - 4 === r ? 1 : 0)),
  );
  for (let c = 0; c < 4; c++) {
    let p = c;
    for (let r = c + 1; r < 4; r++) if (Math.abs(a[r]![c]!) > Math.abs(a[p]![c]!)) p = r;
    [a[c], a[p]] = [a[p]!, a[c]!];
    const pivot = a[c]!;
    const by = pivot[c]! || 1e-12;
    for (let k = 0; k < 8; k++) pivot[k]! /= by;
    for (let r = 0; r < 4; r++) {
      const row = a[r]!;
      const f = row[c]!;
      if (r === c || f === 0) continue;
      for (let k = 0; k < 8; k++) row[k]! -= f * pivot[k]!;
    }
  }
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) out[c * 4 + r] = a[r]![c + 4]!;
}
