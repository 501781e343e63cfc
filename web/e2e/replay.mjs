// Plays a recorded session beside the live fleet, and holds every frame against
// the telemetry of the REST API: node replay.mjs URL SESSION
import { io } from "socket.io-client";

const [url, session] = process.argv.slice(2);
const api = `${url}/api/v1`;
const json = async (method, path, body) => {
  const r = await fetch(api + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
  return r.status === 204 ? null : r.json();
};
const connect = async () => {
  const s = io(url, { transports: ["websocket"], forceNew: true });
  await new Promise((done, fail) => s.once("connect", done).once("connect_error", fail));
  return s;
};
const next = (s, event, want = () => true) =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${event} within 10 s`)), 10_000);
    const on = (v) => {
      if (!want(v)) return;
      clearTimeout(late);
      s.off(event, on);
      done(v);
    };
    s.on(event, on);
  });

const track = await json("GET", `/sessions/${session}/telemetry?drone=d1&to=12`);
const live = await connect();
let liveFrames = 0;
let strangers = 0;
live.on("drones", (f) => (f.session === session ? strangers++ : liveFrames++));
await live.emitWithAck("subscribe", { stream: "drones", rate_hz: 10, ids: ["d1"] });

const replay = await json("POST", `/sessions/${session}/replay`, { paused: true });
const watch = await connect();
const first = next(watch, "drones");
const joined = await watch.emitWithAck("replay", { id: replay.id, action: "join" });
if (!joined.ok) throw new Error(JSON.stringify(joined));
const frame = await first;

// Frame by frame, there and back: the recorded values within the stored quantum.
const worst = { position_m: 0, velocity_ms: 0 };
let frames = 0;
const compare = (f, i) => {
  const d = f.drones.find((d) => d.id === "d1");
  if (f.tick !== track.tick[i]) throw new Error(`frame of tick ${f.tick}, want ${track.tick[i]}`);
  for (const k of ["x", "y", "z"])
    worst.position_m = Math.max(worst.position_m, Math.abs(d[k] - track.columns[k][i]));
  for (const k of ["vx", "vy", "vz"])
    worst.velocity_ms = Math.max(worst.velocity_ms, Math.abs(d[k] - track.columns[k][i]));
  frames++;
};
compare(frame, 0);
const step = async (n) => {
  const came = next(watch, "drones");
  await watch.emitWithAck("replay", { id: replay.id, action: "step", frames: n });
  return came;
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (let i = 1; i < 40; i++) {
  compare(await step(1), i);
  await pause(60);
}
for (let i = 38; i >= 20; i--) {
  compare(await step(-1), i);
  await pause(60);
}

// 50 times as fast, then backwards.
const speed = async (v) => {
  await json("POST", `/replays/${replay.id}`, { action: "speed", speed: v });
  await json("POST", `/replays/${replay.id}`, { action: "play" });
  const a = await next(watch, "replay", (r) => r.state === "playing" && r.speed === v);
  const begin = performance.now();
  await pause(300);
  const b = await next(watch, "replay");
  return b.state === "ended" ? null : (b.sim_time - a.sim_time) / ((performance.now() - begin) / 1000);
};
const speeds = { 2: await speed(2) };
await json("POST", `/replays/${replay.id}`, { action: "seek", to: 10 });
speeds["-2"] = await speed(-2);
await json("POST", `/replays/${replay.id}`, { action: "seek", to: 0 });
speeds["0.1"] = await speed(0.1);
await json("POST", `/replays/${replay.id}`, { action: "speed", speed: 50 });
await json("POST", `/replays/${replay.id}`, { action: "play" });
const end = await next(watch, "replay", (r) => r.state === "ended");

// A second replay does not disturb the first.
const other = await json("POST", `/sessions/${session}/replay`, { from: 5, paused: true });
const second = await connect();
const its = next(second, "drones");
await second.emitWithAck("replay", { id: other.id, action: "join" });
const secondTick = (await its).tick;
const list = (await json("GET", "/replays")).replays.length;
const refused = await watch.emitWithAck("replay", { id: replay.id, action: "speed", speed: 51 });
const closed = next(second, "replay", (r) => r.state === "closed");
await json("DELETE", `/replays/${other.id}`);
await closed;
await json("DELETE", `/replays/${replay.id}`);
console.log(
  JSON.stringify({
    frames,
    worst,
    speeds,
    ended_at: end.sim_time,
    to: end.to,
    second_tick: secondTick,
    replays: list,
    refused: refused.error,
    live_frames: liveFrames,
    strangers,
  }),
);
for (const s of [live, watch, second]) s.close();
