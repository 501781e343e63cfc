// The fleet every contestant draws: a thousand metres of drones on circles, each
// with a place, a velocity, a heading and a status.
import type { DroneSample, Frame } from "../src/wire/messages";

export const HZ = 10;
const GAP_M = 12;

export class BenchFleet {
  readonly drones: { -readonly [K in keyof DroneSample]: DroneSample[K] }[];
  tick = 0;

  constructor(readonly n: number) {
    this.drones = Array.from({ length: n }, (_, i) => ({
      id: `d${i + 1}`,
      name: `d${i + 1}`,
      model: "x500",
      mode: "mission",
      armed: true,
      rel_alt_m: 20,
      x: 0,
      y: 0,
      z: 20 + (i % 40),
      vx: 0,
      vy: 0,
      vz: 0,
      roll_deg: 0,
      pitch_deg: 0,
      heading_deg: 0,
      speed_ms: 8,
      battery_pct: 80,
      voltage_v: 15,
      current_a: 12,
      status: i % 97 === 0 ? "low_battery" : "ok",
    }));
    this.move(0);
  }

  /** Half the side of the square the fleet fills, metres. */
  get half(): number {
    return (Math.sqrt(this.n) * GAP_M) / 2;
  }

  move(t: number): void {
    const cols = Math.ceil(Math.sqrt(this.n));
    this.drones.forEach((d, i) => {
      const a = t * 0.8 + i;
      d.x = ((i % cols) - cols / 2) * GAP_M + Math.sin(a) * 10;
      d.y = (Math.floor(i / cols) - cols / 2) * GAP_M + Math.cos(a) * 10;
      d.vx = Math.cos(a) * 8;
      d.vy = -Math.sin(a) * 8;
      d.heading_deg = ((a * 180) / Math.PI + 90) % 360;
    });
  }

  frame(t: number): Frame {
    this.move(t);
    return { session: "bench", tick: ++this.tick, simTime: t, drones: this.drones, refused: 0 };
  }
}
