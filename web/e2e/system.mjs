// Starts the real thing for browser checks: one volary process with simulator,
// backend, history and dashboard, on a free port of this machine.
//   VOLARY_BIN   the program; bin/volary of this tree if unset
//   VOLARY_WEB   serve the dashboard from here instead (vite preview), for development
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = process.env.VOLARY_BIN ?? fileURLToPath(new URL("../../bin/volary", import.meta.url));

export function freePort() {
  return new Promise((done) => {
    const s = createServer();
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

/** Waits until `test` answers something true; fails with what was waited for. */
export async function until(what, test, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await test().catch(() => undefined);
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
    await new Promise((r) => setTimeout(r, 200));
  }
}

export async function startVolary(args = []) {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing: run make build`);
  const data = mkdtempSync(join(tmpdir(), "volary-e2e-"));
  const port = await freePort();
  const backend = `http://127.0.0.1:${port}`;
  let child;
  let log = "";
  const api = async (method, path, body) => {
    const r = await fetch(`${backend}/api/v1${path}`, {
      method,
      ...(body !== undefined && {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    const text = await r.text();
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : undefined;
  };
  const start = async () => {
    child = spawn(BIN, ["up", "--http", `127.0.0.1:${port}`, "--data", data, ...args]);
    child.stdout.on("data", (d) => {
      log += d;
    });
    child.stderr.on("data", (d) => {
      log += d;
    });
    await until("the fleet", async () => (await api("GET", "/status")).session.state === "running");
  };
  await start();
  const server = {
    backend,
    url: process.env.VOLARY_WEB ? await developed(backend) : backend,
    api,
    start,
    /** Ends the process as a crash would. */
    kill: () =>
      new Promise((done) => {
        child.once("exit", done);
        child.kill("SIGKILL");
      }),
    log: () => log,
    /** Whether this server has a route, by its own OpenAPI document. */
    has: async (path) => {
      const doc = await (await fetch(`${backend}/openapi.json`)).json();
      return path in doc.paths;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await server.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
  return server;
}

/** The built dashboard of this tree in front of the server, so that a change needs no new program. */
async function developed(backend) {
  process.env.VOLARY_URL = backend;
  const { preview } = await import("vite");
  const s = await preview({ preview: { port: await freePort(), host: "127.0.0.1" }, logLevel: "error" });
  return s.resolvedUrls.local[0].replace(/\/$/, "");
}
