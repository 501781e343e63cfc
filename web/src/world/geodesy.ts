// Geodesy turns metres east, north and up of the world's origin into latitude,
// longitude and altitude, and back: WGS-84 (NIMA TR8350.2), the tangent frame at
// the origin, as the simulator does it.

export interface Lla {
  /** Degrees. */
  readonly lat: number;
  readonly lon: number;
  /** Metres above the ellipsoid, which Volary takes for mean sea level. */
  readonly alt: number;
}
export interface Enu {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const RAD = Math.PI / 180;

function ecef(p: Lla): [number, number, number] {
  const [sp, cp] = [Math.sin(p.lat * RAD), Math.cos(p.lat * RAD)];
  const n = A / Math.sqrt(1 - E2 * sp * sp);
  return [
    (n + p.alt) * cp * Math.cos(p.lon * RAD),
    (n + p.alt) * cp * Math.sin(p.lon * RAD),
    (n * (1 - E2) + p.alt) * sp,
  ];
}

export class LocalFrame {
  #at: [number, number, number];
  #sin: readonly [number, number];
  #cos: readonly [number, number];

  constructor(readonly origin: Lla) {
    this.#at = ecef(origin);
    this.#sin = [Math.sin(origin.lat * RAD), Math.sin(origin.lon * RAD)];
    this.#cos = [Math.cos(origin.lat * RAD), Math.cos(origin.lon * RAD)];
  }

  /** The frame in which a thing known by both its coordinates stands where it says. */
  static from(lla: Lla, enu: Enu): LocalFrame {
    let frame = new LocalFrame(lla);
    // The origin lies where going back from the thing leads. Frames there and here are
    // turned against each other by the curve of the earth, so the guess is mended a few times.
    let guess = frame.toLla({ x: -enu.x, y: -enu.y, z: -enu.z });
    for (let i = 0; i < 4; i++) {
      frame = new LocalFrame(guess);
      const there = frame.toEnu(lla);
      guess = frame.toLla({ x: there.x - enu.x, y: there.y - enu.y, z: there.z - enu.z });
    }
    return new LocalFrame(guess);
  }

  toEnu(p: Lla): Enu {
    const e = ecef(p);
    const [dx, dy, dz] = [e[0] - this.#at[0], e[1] - this.#at[1], e[2] - this.#at[2]];
    const [sp, sl] = this.#sin;
    const [cp, cl] = this.#cos;
    return {
      x: -sl * dx + cl * dy,
      y: -sp * cl * dx - sp * sl * dy + cp * dz,
      z: cp * cl * dx + cp * sl * dy + sp * dz,
    };
  }

  toLla(v: Enu): Lla {
    const [sp, sl] = this.#sin;
    const [cp, cl] = this.#cos;
    const x = this.#at[0] - sl * v.x - sp * cl * v.y + cp * cl * v.z;
    const y = this.#at[1] + cl * v.x - sp * sl * v.y + cp * sl * v.z;
    const z = this.#at[2] + cp * v.y + sp * v.z;
    const p = Math.hypot(x, y);
    let lat = Math.atan2(z, p * (1 - E2));
    let n = A;
    for (let i = 0; i < 5; i++) {
      const s = Math.sin(lat);
      n = A / Math.sqrt(1 - E2 * s * s);
      lat = Math.atan2(z + E2 * n * s, p);
    }
    const s = Math.sin(lat);
    // Along the normal: good at every latitude, where p / cos(lat) fails near the poles.
    const alt = p * Math.cos(lat) + z * s - A * Math.sqrt(1 - E2 * s * s);
    return { lat: lat / RAD, lon: Math.atan2(y, x) / RAD, alt };
  }
}
