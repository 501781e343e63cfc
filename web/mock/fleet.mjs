// A pretended fleet for developing the dashboard without a backend. Drones fly
// smooth closed patterns and obey commands roughly; it is no physics.

const TAU = Math.PI * 2;

/** Repeatable noise in 0..1 for drone i, channel k. */
function noise(i, k) {
  const v = Math.sin(i * 127.1 + k * 311.7) * 43758.5453;
  return v - Math.floor(v);
}

export class MockFleet {
  constructor(n) {
    this.simTime = 0;
    this.tick = 0;
    const side = Math.ceil(Math.sqrt(n));
    const gap = n > 2000 ? 24 : 34;
    this.drones = Array.from({ length: n }, (_, i) => {
      const home = {
        x: ((i % side) - (side - 1) / 2) * gap,
        y: (Math.floor(i / side) - (side - 1) / 2) * gap,
      };
      const wait = noise(i, 9) < 0.08;
      return {
        i,
        id: `d${i + 1}`,
        home,
        x: home.x,
        y: home.y,
        z: wait ? 0 : 18 + noise(i, 1) * 50,
        vx: 0,
        vy: 0,
        vz: 0,
        heading: noise(i, 2) * 360,
        mode: wait ? "idle" : noise(i, 3) < 0.14 ? "hold" : "mission",
        armed: !wait,
        target: undefined,
        cruise: 18 + noise(i, 1) * 50,
        phase: noise(i, 4) * TAU,
        radius: 8 + noise(i, 5) * 26,
        pace: (noise(i, 6) < 0.5 ? -1 : 1) * (4 + noise(i, 7) * 6),
        battery: noise(i, 8) < 0.03 ? 12 : 35 + noise(i, 8) * 62,
        status: noise(i, 10) < 0.015 ? "fault" : "ok",
        roll: 0,
        pitch: 0,
      };
    });
    this.by = new Map(this.drones.map((d) => [d.id, d]));
  }

  step(dt) {
    this.simTime += dt;
    this.tick += Math.round(dt * 250);
    for (const d of this.drones) this.#move(d, dt);
  }

  #move(d, dt) {
    let [wx, wy, wz] = [0, 0, 0];
    const toward = (tx, ty, tz, top) => {
      const [ex, ey, ez] = [tx - d.x, ty - d.y, tz - d.z];
      const far = Math.hypot(ex, ey) || 1;
      const s = Math.min(top, far * 0.8);
      wx = (ex / far) * s;
      wy = (ey / far) * s;
      wz = Math.max(-3, Math.min(4, ez * 0.8));
    };
    if (d.mode === "mission") {
      const w = d.pace / d.radius;
      d.phase += w * dt;
      const tx = d.home.x + Math.cos(d.phase) * d.radius;
      const ty = d.home.y + Math.sin(d.phase) * d.radius * 0.7;
      wx = -Math.sin(d.phase) * d.radius * w + (tx - d.x) * 0.6;
      wy = Math.cos(d.phase) * d.radius * 0.7 * w + (ty - d.y) * 0.6;
      wz = (d.cruise + Math.sin(d.phase * 2) * 4 - d.z) * 0.6;
    } else if (d.mode === "goto" && d.target) {
      toward(d.target.x, d.target.y, d.target.z, 12);
      if (Math.hypot(d.target.x - d.x, d.target.y - d.y, d.target.z - d.z) < 1) d.mode = "hold";
    } else if (d.mode === "takeoff") {
      toward(d.x, d.y, d.cruise, 0);
      if (Math.abs(d.cruise - d.z) < 0.4) d.mode = "hold";
    } else if (d.mode === "rtl") {
      toward(d.home.x, d.home.y, Math.max(d.z, 25), 10);
      if (Math.hypot(d.home.x - d.x, d.home.y - d.y) < 1) d.mode = "land";
    } else if (d.mode === "land") {
      wz = d.z > 0.05 ? -Math.min(2, d.z + 0.3) : 0;
      if (d.z <= 0.05) Object.assign(d, { z: 0, mode: "idle", armed: false });
    }
    const k = 1 - Math.exp(-dt / 0.5);
    const [ax, ay] = [(wx - d.vx) * k, (wy - d.vy) * k];
    d.vx += ax;
    d.vy += ay;
    d.vz += (wz - d.vz) * k;
    d.x += d.vx * dt;
    d.y += d.vy * dt;
    d.z = Math.max(0, d.z + d.vz * dt);
    const v = Math.hypot(d.vx, d.vy);
    if (v > 0.5) d.heading = ((Math.atan2(d.vx, d.vy) * 360) / TAU + 360) % 360;
    const h = (d.heading * TAU) / 360;
    const lim = (a) => Math.max(-28, Math.min(28, (a / Math.max(dt, 1e-3)) * 6));
    const ahead = ax * Math.sin(h) + ay * Math.cos(h);
    const right = ax * Math.cos(h) - ay * Math.sin(h);
    d.roll += (lim(right) - d.roll) * k;
    d.pitch += (lim(-ahead) - v * 0.7 - d.pitch) * k;
    if (d.armed) d.battery = Math.max(3, d.battery - dt * 0.02);
    if (d.status !== "fault") d.status = d.battery < 20 ? "low_battery" : "ok";
  }

  command({ drones, type, params = {} }) {
    const results = {};
    for (const id of drones === "all" ? this.by.keys() : drones) {
      const d = this.by.get(id);
      const reason = !d ? "unknown drone" : this.#refuse(d, type);
      if (reason) results[id] = { status: "rejected", reason };
      else {
        this.#obey(d, type, params);
        results[id] = { status: "accepted" };
      }
    }
    return results;
  }

  #refuse(d, type) {
    if (d.status === "fault") return "motor fault: only land is allowed";
    if (type === "takeoff" && d.armed) return "already flying";
    if (type === "takeoff" && d.battery < 20) return "battery below 20 %";
    if (type !== "takeoff" && !d.armed) return "not armed";
    return "";
  }

  #obey(d, type, p) {
    if (type === "takeoff") Object.assign(d, { armed: true, mode: "takeoff", cruise: p.altitude_m ?? 20 });
    if (type === "goto") Object.assign(d, { mode: "goto", target: { x: p.x, y: p.y, z: p.z } });
    if (["hold", "rtl", "land"].includes(type)) d.mode = type;
  }

  frame() {
    return this.drones.map((d) => ({
      id: d.id,
      name: `Kestrel ${String(d.i + 1).padStart(3, "0")}`,
      model: "x500",
      mode: d.mode,
      armed: d.armed,
      lat: 47.3977 + d.y / 111_320,
      lon: 8.5456 + d.x / 75_400,
      alt_m: 488 + d.z,
      rel_alt_m: round(d.z),
      x: round(d.x),
      y: round(d.y),
      z: round(d.z),
      vx: round(d.vx),
      vy: round(d.vy),
      vz: round(d.vz),
      roll_deg: round(d.roll),
      pitch_deg: round(d.pitch),
      heading_deg: round(d.heading),
      speed_ms: round(Math.hypot(d.vx, d.vy, d.vz)),
      battery_pct: round(d.battery),
      voltage_v: round(14 + d.battery * 0.026),
      current_a: d.armed ? round(14 + Math.abs(d.roll) * 0.2) : 0.4,
      status: d.status,
      ...(d.mode === "mission" && {
        mission: { id: "survey-north", item: Math.floor((this.simTime / 8 + d.i) % 12), items: 12 },
      }),
    }));
  }
}

function round(v) {
  return Math.round(v * 1000) / 1000;
}
