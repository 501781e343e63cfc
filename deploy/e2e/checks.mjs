// The checks of the running composition. Called by compose.sh, which brings it up
// and takes it down:  node deploy/e2e/checks.mjs OUTDIR BEGAN
// One line a check, exit 1 when one failed; writes docs/verification/compose.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const web = createRequire(join(root, "web", "package.json"));
const { io } = web("socket.io-client");
const clientVersion = web("socket.io-client/package.json").version;

const [out, began] = process.argv.slice(2);
const env = process.env;
const project = env.COMPOSE_PROJECT_NAME;
const rest = `http://localhost:${env.VOLARY_BACKEND_PORT}`;
const socketURL = `ws://localhost:${env.VOLARY_SOCKET_PORT}`;
const front = `http://127.0.0.1:${env.VOLARY_FRONTEND_PORT}`;
const DRONES = 100;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const wallMS = () => performance.timeOrigin + performance.now();

const compose = (...args) => execFileSync("docker-compose", ["-p", project, ...args], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
const docker = (...args) => execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
const container = (service) => compose("ps", "-q", service).trim();
const ids = Object.fromEntries(["postgres", "backend", "simulator", "frontend"].map((s) => [s, container(s)]));

async function get(path, base = rest, timeout = 5000) {
  const r = await fetch(base + path, { signal: AbortSignal.timeout(timeout) });
  if (!r.ok) throw new Error(`GET ${path}: ${r.status} ${(await r.text()).slice(0, 200)}`);
  return r.json();
}
const status = () => get("/api/v1/status");

async function until(what, seconds, probe, every = 250) {
  const end = performance.now() + seconds * 1000;
  let last = "";
  for (;;) {
    try {
      const v = await probe();
      if (v) return v;
      last = "not yet";
    } catch (e) {
      last = e.message;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s (${last})`);
    await sleep(every);
  }
}

/** Connects a socket; gives it once it is connected. */
function connect(url, options = {}) {
  const s = io(url, { transports: ["websocket"], forceNew: true, reconnectionDelay: 200, reconnectionDelayMax: 1000, timeout: 5000, ...options });
  return new Promise((then, fail) => {
    const timer = setTimeout(() => fail(new Error(`no connection to ${url} within 10 s`)), 10_000);
    s.once("connect", () => {
      clearTimeout(timer);
      then(s);
    });
    s.on("connect_error", (e) => {
      s.lastError = e.message;
    });
  });
}

const subscribe = (s) =>
  new Promise((then, fail) =>
    s.timeout(5000).emit("subscribe", { stream: "drones", rate_hz: 20 }, (err, a) =>
      err ? fail(err) : a.ok ? then(a) : fail(new Error(JSON.stringify(a.error)))),
  );

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
const ms = (v) => `${v.toFixed(1)} ms`;

const results = [];
let failed = 0;
async function check(name, f) {
  const t = performance.now();
  let ok = true;
  let detail;
  try {
    detail = await f();
  } catch (e) {
    ok = false;
    detail = String(e.stderr || e.message || e).trim().split("\n").slice(0, 4).join(" | ");
  }
  if (!ok) failed++;
  results.push({ name, ok, detail });
  console.log(`${ok ? "ok    " : "FAILED"}  ${name}: ${detail}  [${((performance.now() - t) / 1000).toFixed(1)} s]`);
}
function must(condition, text) {
  if (!condition) throw new Error(text);
}

/** Sum of the samples in PostgreSQL. */
const stored = () => Number(docker("exec", ids.postgres, "psql", "-U", "volary", "-d", "volary", "-Atc", "select coalesce(sum(samples),0) from telemetry").trim());

/** Latency and pace of the live stream over some seconds. */
async function measure(url, seconds) {
  const s = await connect(url);
  const delays = [];
  const gaps = [];
  let first;
  let last;
  let fewest = Number.POSITIVE_INFINITY;
  let dropped = 0;
  s.on("dropped", (d) => {
    dropped += d.frames;
  });
  // The first frame answers the subscription with what there was, whatever its age.
  let skipped = false;
  s.on("drones", (f) => {
    const now = wallMS();
    if (!skipped) {
      skipped = true;
      return;
    }
    delays.push(now - f.published_us / 1000);
    if (last) gaps.push(f.tick - last.tick);
    fewest = Math.min(fewest, f.drones.length);
    last = { tick: f.tick, sim: f.sim_time, at: f.published_us / 1e6 };
    first ??= last;
  });
  await subscribe(s);
  await sleep(seconds * 1000);
  s.close();
  must(delays.length > 1, "no frames came");
  delays.sort((a, b) => a - b);
  const span = last.at - first.at;
  return { frames: delays.length, hz: (delays.length - 1) / span, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: delays.at(-1), fewest, dropped, pace: (last.sim - first.sim) / span };
}

/** All ticks stored of a drone. */
async function track(session, drone) {
  const ticks = [];
  let from = 0;
  let gaps = [];
  for (let n = 0; n < 100; n++) {
    const page = await get(`/api/v1/sessions/${session}/telemetry?drone=${drone}&from=${from}`, rest, 20_000);
    for (const t of page.tick) if (!ticks.length || t > ticks.at(-1)) ticks.push(t);
    gaps = page.gaps;
    if (page.next_from === undefined) break;
    from = page.next_from;
  }
  return { ticks, gaps };
}

let session = "";
let every = 0;

// The three servers at work.

await check("REST on 5000", async () => {
  const s = await until("a running session of 100 drones", 30, async () => {
    const v = await status();
    return v.session.state === "running" && v.drones === DRONES ? v : undefined;
  });
  const curl = execFileSync("curl", ["-fsS", "--max-time", "5", `${rest}/api/v1/status`], { encoding: "utf8" });
  must(JSON.parse(curl).session.id === s.session.id, "curl saw another session");
  session = s.session.id;
  const v = await get(`/api/v1/sessions/${session}`);
  every = v.record_every;
  return `session ${s.session.name} running, ${s.drones} drones, store ${s.store.engine}`;
});

await check("Nginx", async () => {
  const page = await fetch(`${front}/`);
  const html = await page.text();
  must(page.status === 200 && html.includes('id="app"'), `/: ${page.status}`);
  must(page.headers.get("cache-control") === "no-cache", "the page may be cached");
  must(/default-src 'self'/.test(page.headers.get("content-security-policy") ?? ""), "no CSP");
  must((await (await fetch(`${front}/sessions/any`)).text()) === html, "unknown paths don't give the dashboard");
  const asset = /\/assets\/[^"]+/.exec(html)?.[0];
  const a = await fetch(front + asset);
  must(a.status === 200 && /immutable/.test(a.headers.get("cache-control") ?? ""), `${asset}: ${a.status} ${a.headers.get("cache-control")}`);
  must((await fetch(`${front}/assets/none.js`)).status === 404, "a missing asset isn't 404");
  for (const path of ["/api/v1/status", "/docs", "/openapi.json", "/healthz"]) {
    const r = await fetch(front + path);
    await r.arrayBuffer();
    must(r.status === 200, `${path}: ${r.status}`);
  }
  return "dashboard, fallback, caching, security headers, /api /docs /openapi.json";
});

await check("dashboard in Chromium", async () => {
  const r = spawnSync("node", ["web/e2e/live.mjs", front, out], { cwd: root, encoding: "utf8", timeout: 120_000 });
  const line = (r.stdout ?? "").trim().split("\n").at(-1);
  must(r.status === 0, `${line} ${(r.stderr ?? "").trim().slice(-300)}`);
  const v = JSON.parse(line);
  must(v.drones === DRONES && v.moved > 0 && v.requests_to_other_hosts === 0, line);
  return `${v.drones} drones, ${v.moved} of the rows in view moved, link ${v.link}, requests to other hosts ${v.requests_to_other_hosts}`;
});

await check("socket.io-client on 5001", async () => {
  const s = await connect(socketURL, { transports: undefined });
  const transport = s.io.engine.transport.name;
  const granted = await subscribe(s);
  await new Promise((then, fail) => {
    const timer = setTimeout(() => fail(new Error("no frame within 5 s")), 5000);
    s.once("drones", () => {
      clearTimeout(timer);
      then();
    });
  });
  s.close();
  return `io.connect("ws://localhost:5001") with ${clientVersion}, connected by ${transport}, granted ${granted.rate_hz} Hz`;
});

let before;
let grew;
let beforeAt;
await check("latency through Nginx", async () => {
  // The dashboard's check pauses for a moment and resumes.
  await until("a resumed simulation", 10, async () => !(await status()).paused);
  before = stored();
  beforeAt = performance.now();
  const m = await measure(front, 20);
  const text = `${DRONES} drones, ${m.frames} frames in 20 s (${m.hz.toFixed(2)} Hz), p50 ${ms(m.p50)}, p99 ${ms(m.p99)}, max ${ms(m.max)}, dropped ${m.dropped}, simulated per published second ${m.pace.toFixed(4)}`;
  must(m.fewest === DRONES, `a frame of ${m.fewest} drones; ${text}`);
  must(m.p99 < 50, `p99 must be below 50 ms; ${text}`);
  must(m.hz > 19, `fewer than 19 frames a second; ${text}`);
  return text;
});

await check("simulated time", async () => {
  // A pair of wall and simulated time, taken where the reading changes: exact to
  // the poll, however often the status changes.
  const edge = async () => {
    let last;
    const end = performance.now() + 5000;
    for (;;) {
      must(performance.now() < end, "simulated time stands still");
      const asked = performance.now();
      const s = await status();
      if (last !== undefined && s.sim_time !== last) return { wall: (asked + performance.now()) / 2, sim: s.sim_time };
      last = s.sim_time;
      await sleep(2);
    }
  };
  const a = await edge();
  await sleep(22_000);
  const b = await edge();
  const wall = (b.wall - a.wall) / 1000;
  const rate = (b.sim - a.sim) / wall;
  must(Math.abs(rate - 1) <= 0.01, `${rate.toFixed(4)} over ${wall.toFixed(1)} s`);
  return `${rate.toFixed(4)} of wall time over ${wall.toFixed(1)} s`;
});

await check("telemetry in PostgreSQL", async () => {
  must(before !== undefined, "nothing counted before");
  await sleep(Math.max(0, 25_000 - (performance.now() - beforeAt)));
  const seconds = (performance.now() - beforeAt) / 1000;
  grew = stored() - before;
  must(grew > 0, `${before} samples, none more after ${seconds.toFixed(0)} s`);
  return `${before} samples, ${grew} more after ${seconds.toFixed(0)} s (${(grew / seconds).toFixed(0)}/s)`;
});

// What is in them.

await check("simulator is headless", async () => {
  const environment = docker("inspect", "-f", "{{json .Config.Env}}", ids.simulator);
  must(!/DISPLAY/.test(environment), "DISPLAY is set");
  const tar = spawnSync("sh", ["-c", `docker export ${ids.simulator} | tar -t`], { encoding: "utf8", maxBuffer: 1 << 28 });
  const files = tar.stdout.trim().split("\n").filter((f) => !f.endsWith("/"));
  const bad = files.filter((f) => /(^|\/)(sh|bash|dash|busybox)$|libX|libxcb|libGL|libwayland|\.so(\.|$)/.test(f));
  must(files.includes("simulator"), "the binary isn't there");
  must(bad.length === 0, `found ${bad.join(" ")}`);
  const sizes = ["backend", "simulator", "frontend"].map((s) => `${s} ${(Number(docker("image", "inspect", "-f", "{{.Size}}", docker("inspect", "-f", "{{.Image}}", ids[s]).trim())) / 1e6).toFixed(0)} MB`);
  return `no DISPLAY, no X library, no shell, no shared library; images: ${sizes.join(", ")}`;
});

await check("hardening", async () => {
  for (const [service, id] of Object.entries(ids)) {
    const [c] = JSON.parse(docker("inspect", id));
    const h = c.HostConfig;
    must(h.ReadonlyRootfs, `${service}: writable`);
    must(h.CapDrop?.includes("ALL") && !h.CapAdd?.length, `${service}: has capabilities`);
    must(h.SecurityOpt?.some((o) => o.startsWith("no-new-privileges")), `${service}: may gain privileges`);
    must(h.Memory > 0 && h.PidsLimit > 0, `${service}: no limits`);
    must(c.Config.User && !/^(0|root)(:|$)/.test(c.Config.User), `${service}: runs as root`);
    for (const [port, to] of Object.entries(c.NetworkSettings.Ports ?? {})) {
      if (!to) continue;
      must(["backend", "frontend"].includes(service), `${service}: publishes ${port}`);
      must(to.every((x) => x.HostIp === "127.0.0.1"), `${service}: ${port} is open to others`);
    }
  }
  return "all four: no root, no capability, read-only, limits; only backend and frontend are published, on 127.0.0.1";
});

await check("latency in the log", async () => {
  const line = await until("a line of the backend with p50 and p99", 15, () => compose("logs", "--no-color", "backend").split("\n").findLast((l) => /p50/.test(l) && /p99/.test(l)), 1000);
  return line.replace(/^[^|]*\|\s*/, "").slice(0, 300);
});

// What happens when they die.

await check("simulator killed", async () => {
  await until("a running session", 10, async () => (await status()).link.connected);
  spawnSync("docker", ["kill", "-s", "KILL", ids.simulator]);
  const t = performance.now();
  let noticed;
  while (performance.now() - t < 5000) {
    const s = await status();
    if (!s.link.connected) {
      noticed = performance.now() - t;
      break;
    }
    await sleep(50);
  }
  must(noticed !== undefined, "link.connected stayed true for 5 s");
  const c = await until("the container has ended", 10, () => docker("inspect", "-f", "{{.State.Running}} {{.RestartCount}}", ids.simulator).trim());
  // Docker takes a kill by hand as a wish and leaves the container down; a crash restarts.
  const byHand = c.startsWith("false");
  if (byHand) docker("start", ids.simulator);
  const restarted = performance.now();
  await until("the session runs again", 30, async () => {
    const s = await status();
    return s.link.connected && s.drones === DRONES;
  }, 100);
  const back = (performance.now() - restarted) / 1000;
  const after = await status();
  must(after.session.id === session, "the session is another one");
  const climb = await until("a drone in the air", 40, async () => {
    const list = await get("/api/v1/drones?limit=200");
    const n = list.drones.filter((d) => d.rel_alt_m > 1).length;
    return n > 0 ? n : undefined;
  });
  const gap = await until("a gap in the session", 40, async () => (await get(`/api/v1/sessions/${session}`)).gaps[0], 1000);
  must(noticed <= 2000, `noticed after ${ms(noticed)}, more than 2 s`);
  return `noticed after ${ms(noticed)}; ${byHand ? "started again by hand" : "restarted by its policy"}, live after ${back.toFixed(1)} s, ${climb} drones in the air, same session, gap of ticks ${gap.from_tick} to ${gap.to_tick} (${gap.reason})`;
});

await check("backend killed", async () => {
  const s = await connect(front);
  let frames = 0;
  let lastTick = 0;
  s.on("drones", (f) => {
    frames++;
    lastTick = f.tick;
  });
  s.on("connect", () => s.emit("subscribe", { stream: "drones", rate_hz: 20 }, () => {}));
  await subscribe(s);
  await until("frames", 10, () => frames > 20);
  spawnSync("docker", ["kill", "-s", "KILL", ids.backend]);
  const down = performance.now();
  await until("the client notices", 30, () => !s.connected, 20);
  const noticed = performance.now() - down;
  const away = await fetch(`${front}/api/v1/status`);
  const problem = away.headers.get("content-type");
  if (docker("inspect", "-f", "{{.State.Running}}", ids.backend).trim() === "false") docker("start", ids.backend);
  const started = performance.now();
  await until("the client is back", 60, () => s.connected, 20);
  const connected = (performance.now() - started) / 1000;
  const [had, tickBefore] = [frames, lastTick];
  await until("frames again", 30, () => frames > had + 20 && lastTick > tickBefore, 20);
  const flowing = (performance.now() - started) / 1000;
  s.close();
  must((await status()).session.id === session, "the session is another one");
  must(away.status === 503 && /problem\+json/.test(problem ?? ""), `Nginx answered ${away.status} ${problem} while the backend was away`);
  return `client noticed after ${ms(noticed)}, Nginx answered 503, after the start: connected in ${connected.toFixed(1)} s, frames in ${flowing.toFixed(1)} s, same session`;
});

await check("telemetry without unknown gaps", async () => {
  await sleep(30_000);
  const now = await status();
  const parts = [];
  for (const drone of ["d1", "d50", "d100"]) {
    const { ticks, gaps } = await track(session, drone);
    must(ticks.length > 100, `${drone}: ${ticks.length} samples`);
    let known = 0;
    const missing = [];
    for (let i = 1; i < ticks.length; i++) {
      const step = ticks[i] - ticks[i - 1];
      if (step === every) continue;
      // A gap names the last tick before it and the first after it.
      if (gaps.some((g) => g.from_tick <= ticks[i - 1] + every && g.to_tick >= ticks[i] - every)) known++;
      else missing.push(`${ticks[i - 1]}..${ticks[i]}`);
    }
    must(missing.length === 0, `${drone}: ${missing.length} unrecorded gaps: ${missing.slice(0, 5).join(" ")} (recorded: ${JSON.stringify(gaps)})`);
    must(ticks[0] <= 2 * every, `${drone}: begins at tick ${ticks[0]}`);
    const behind = now.tick - ticks.at(-1);
    must(behind < 30 * 250, `${drone}: ends ${behind} ticks behind`);
    parts.push(`${drone} ${ticks.length} samples, ${known} recorded gaps, 0 others`);
  }
  return `${parts.join("; ")} (a sample every ${every} ticks)`;
});

// The record.
const seconds = Math.round(Date.now() / 1000 - Number(began));
const machine = `${spawnSync("nproc", { encoding: "utf8" }).stdout.trim()} cores, Docker ${docker("version", "-f", "{{.Server.Version}}").trim()}`;
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim() || "unknown";
mkdirSync(join(root, "docs", "verification"), { recursive: true });
writeFileSync(
  join(root, "docs", "verification", "compose.md"),
  [
    "# The four containers, end to end",
    "",
    `Written by \`make e2e-compose\`: ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}, ${seconds} s, images built anew where their sources changed.`,
    "",
    "| check | result | measured |",
    "|---|---|---|",
    ...results.map((r) => `| ${r.name} | ${r.ok ? "ok" : "**FAILED**"} | ${r.detail.replaceAll("|", "\\|")} |`),
    "",
  ].join("\n"),
);
console.log(`${results.length - failed} of ${results.length} checks ok`);
process.exit(failed ? 1 : 0);
