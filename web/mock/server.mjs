// A pretended backend: the same names over REST and Socket.IO, and the built
// dashboard where there is one. Development and the dashboard's own browser
// checks only.  node mock/server.mjs [--port 5000] [--drones 100]
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import { MockFleet } from "./fleet.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const MIME = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Starts the pretended backend; answers how to disturb and stop it. */
export async function startMock({ port = 0, drones = 100 } = {}) {
  const fleet = new MockFleet(drones);
  const sim = { speed: 1, paused: false, alive: true };
  const started = new Date().toISOString();
  const status = () => ({
    session: { id: "s-0001", name: "Demo: patrol over the valley", state: "running" },
    tick: fleet.tick,
    sim_time: fleet.simTime,
    speed: sim.speed,
    paused: sim.paused,
    rtf: sim.paused ? 0 : sim.speed * 0.998,
    drones,
    clients: io.engine.clientsCount,
    link: { connected: sim.alive, age_ms: sim.alive ? 12 : 9000, simulator: "sim-1" },
    latency: { p50_ms: 1.4, p99_ms: 4.9, max_ms: 9.2 },
    store: { engine: "postgres", state: "ok" },
    version: "0.1.0-dev",
  });

  const http = createServer(async (req, res) => {
    const url = new URL(req.url ?? "/", "http://mock");
    const json = (code, body) => {
      res.writeHead(code, { "Content-Type": "application/json" });
      res.end(JSON.stringify(body));
    };
    if (url.pathname === "/api/v1/status") return json(200, status());
    if (url.pathname === "/api/v1/sessions")
      return json(200, sessions(url.searchParams.get("cursor"), started, fleet));
    if (url.pathname === "/api/v1/geofences") return json(200, { geofences: [] });
    if (url.pathname === "/api/v1/obstacles") return json(200, { obstacles: [] });
    if (url.pathname === "/api/v1/environment") return json(200, { wind: { speed_ms: 3, from_deg: 240 } });
    if (url.pathname === "/api/v1/commands" && req.method === "POST") {
      let body = "";
      for await (const part of req) body += part;
      const c = JSON.parse(body);
      return json(200, { id: c.id, results: fleet.command(c) });
    }
    if (url.pathname.startsWith("/api/")) return json(404, { title: "Not found", status: 404 });
    const path = extname(url.pathname) ? normalize(url.pathname) : "/index.html";
    try {
      const file = await readFile(join(DIST, path));
      res.writeHead(200, { "Content-Type": MIME[extname(path)] ?? "application/octet-stream" });
      res.end(file);
    } catch {
      res.writeHead(404).end();
    }
  });

  const io = new Server(http, { path: "/socket.io/", maxHttpBufferSize: 1e6, perMessageDeflate: false });
  io.on("connection", (socket) => {
    socket.emit("status", status());
    socket.on("subscribe", (m, ack) => {
      if (m?.stream === "drones_compact")
        return ack?.({
          ok: false,
          error: { code: "unsupported", message: "the pretended backend speaks JSON only" },
        });
      if (m?.stream === "drones") socket.data.every = Math.max(1, Math.round(20 / (m.rate_hz ?? 20)));
      if (m?.stream === "events") socket.data.events = true;
      ack?.({ ok: true, ...m });
    });
    socket.on("latency", (_, ack) => ack?.({ ok: true, server_time_us: Date.now() * 1000 }));
    socket.on("command", (c, ack) => {
      if (!sim.alive)
        return ack?.({ ok: false, error: { code: "simulator_gone", message: "The simulator is gone" } });
      const results = fleet.command(c);
      ack?.({ ok: true, id: c.id, results });
      const n = Object.values(results).filter((r) => r.status === "accepted").length;
      event("info", "command", "", `${c.type} accepted by ${n} of ${Object.keys(results).length} drones`);
    });
    socket.on("sim", (m, ack) => {
      if (m?.action === "pause") sim.paused = true;
      if (m?.action === "resume") sim.paused = false;
      if (m?.action === "speed") sim.speed = m.speed;
      if (m?.action === "step") fleet.step((m.ticks ?? 1) / 250);
      ack?.({ ok: true });
      io.emit("status", status());
    });
  });

  function event(severity, type, drone, message) {
    const e = { tick: fleet.tick, sim_time: fleet.simTime, severity, type, drone, message };
    for (const s of io.sockets.sockets.values()) if (s.data.events) s.emit("event", e);
  }

  let n = 0;
  let last = performance.now();
  const timers = [
    setInterval(() => {
      const now = performance.now();
      const dt = Math.min(0.2, (now - last) / 1000) * sim.speed;
      last = now;
      if (!sim.alive) return;
      if (!sim.paused) for (let left = dt; left > 1e-6; left -= 0.05) fleet.step(Math.min(0.05, left));
      n++;
      const takers = [...io.sockets.sockets.values()].filter((s) => s.data.every && n % s.data.every === 0);
      if (takers.length === 0) return;
      const f = {
        session: "s-0001",
        tick: fleet.tick,
        sim_time: fleet.simTime,
        published_us: Date.now() * 1000,
        drones: fleet.frame(),
      };
      for (const s of takers) s.volatile.emit("drones", f);
    }, 50),
    setInterval(() => io.emit("status", status()), 1000),
    setInterval(() => {
      if (sim.paused || !sim.alive) return;
      const d = fleet.drones[Math.floor(Math.random() * fleet.drones.length)];
      const roll = Math.random();
      if (roll < 0.6)
        event(
          "info",
          "waypoint",
          d.id,
          `${d.id} reached item ${Math.floor(Math.random() * 12)} of survey-north`,
        );
      else if (roll < 0.9) event("warning", "battery", d.id, `${d.id} battery low`);
      else event("error", "motor_fault", d.id, `${d.id} motor 3 lost thrust, holding`);
    }, 900),
  ];

  await new Promise((done) => http.listen(port, "127.0.0.1", done));
  const at = http.address();
  return {
    url: `http://127.0.0.1:${typeof at === "object" && at ? at.port : port}`,
    fleet,
    killSimulator: () => {
      sim.alive = false;
      io.emit("status", status());
    },
    stop: async () => {
      for (const t of timers) clearInterval(t);
      await io.close();
    },
  };
}

function sessions(cursor, started, fleet) {
  const day = 86_400_000;
  const page = cursor ? 1 : 0;
  const rows = Array.from({ length: 8 }, (_, k) => {
    const i = page * 8 + k;
    const live = i === 0;
    const at = Date.parse(started) - i * day * 0.7;
    return {
      id: `s-${String(17 - i).padStart(4, "0")}`,
      name: [
        "Demo: patrol over the valley",
        "Survey north, gusts 8 m/s",
        "Return on lost link",
        "Ten thousand over the lake",
      ][i % 4],
      state: live ? "running" : i % 5 === 3 ? "failed" : "ended",
      started_at: new Date(at).toISOString(),
      ended_at: live ? null : new Date(at + 3_600_000).toISOString(),
      drones: live ? fleet.drones.length : [100, 250, 12, 10_000][i % 4],
      last_tick: live ? fleet.tick : 900_000 - i * 1234,
      sim_time: live ? fleet.simTime : (900_000 - i * 1234) / 250,
      gaps: i === 2 ? 3 : 0,
    };
  });
  return { sessions: rows, next_cursor: page === 0 ? "p2" : "" };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const arg = (name, otherwise) => {
    const i = process.argv.indexOf(`--${name}`);
    return i > 0 ? Number(process.argv[i + 1]) : otherwise;
  };
  const mock = await startMock({ port: arg("port", 5000), drones: arg("drones", 100) });
  console.log(`pretended backend with ${mock.fleet.drones.length} drones on ${mock.url}`);
}
