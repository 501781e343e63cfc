// The checks of a deployment with tokens and TLS, through Nginx and beside it:
//
//   NODE_EXTRA_CA_CERTS=cert.pem FRONT=https://localhost:8443 BACK=http://127.0.0.1:5000 \
//   VIEWER=… OPERATOR=… node deploy/e2e/secure.mjs
//
// One line a check, exit 1 when one failed.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const { io } = createRequire(join(root, "web", "package.json"))("socket.io-client");
const { FRONT, BACK, VIEWER, OPERATOR } = process.env;
for (const [name, v] of Object.entries({ FRONT, BACK, VIEWER, OPERATOR })) if (!v) throw new Error(`set ${name}`);

let failed = 0;
async function check(name, f) {
  try {
    console.log(`ok      ${name}: ${(await f()) ?? ""}`);
  } catch (e) {
    failed++;
    console.log(`FAILED  ${name}: ${e.message}`);
  }
}
function must(condition, text) {
  if (!condition) throw new Error(text);
}

const ask = (base, path, { token, headers = {}, ...init } = {}) =>
  fetch(base + path, { redirect: "manual", signal: AbortSignal.timeout(5000), headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers }, ...init });
const command = { method: "POST", body: '{"drones":"all","type":"hold"}', headers: { "Content-Type": "application/json" } };

async function expectStatus(base, path, options, ...want) {
  const r = await ask(base, path, options);
  const body = await r.text();
  must(want.includes(r.status), `${path} answers ${r.status}, want ${want.join(" or ")}: ${body.slice(0, 200)}`);
  return { r, body };
}

/** What became of a connection: the socket, or the message of the refusal. */
const connect = (url, options) =>
  new Promise((then) => {
    const s = io(url, { forceNew: true, reconnection: false, timeout: 5000, ...options });
    s.once("connect", () => then(s));
    s.once("connect_error", (e) => {
      s.close();
      then(e);
    });
  });
const send = (s, ...args) => s.timeout(8000).emitWithAck(...args);

for (const [name, base] of [["through Nginx", FRONT], ["at the backend", BACK]]) {
  await check(`REST without a token, ${name}`, async () => {
    const { r } = await expectStatus(base, "/api/v1/status", {}, 401);
    must(r.headers.get("www-authenticate"), "401 doesn't say what would help");
    must(r.headers.get("content-type").startsWith("application/problem+json"), "no problem+json");
    await expectStatus(base, "/api/v1/status", { token: "vly_wrong" }, 401, 429);
    return "401";
  });
  await check(`a viewer over REST, ${name}`, async () => {
    await expectStatus(base, "/api/v1/status", { token: VIEWER }, 200);
    await expectStatus(base, "/api/v1/commands", { ...command, headers: { ...command.headers, Authorization: `Bearer ${VIEWER}` } }, 403);
    return "reads, and gets 403 for a command";
  });
  await check(`an operator over REST, ${name}`, async () => {
    await expectStatus(base, "/api/v1/commands", { ...command, headers: { ...command.headers, Authorization: `Bearer ${OPERATOR}` } }, 200);
    return "commands";
  });
  await check(`another origin over REST, ${name}`, async () => {
    for (const Origin of ["https://evil.example", "null"]) {
      const { r } = await expectStatus(base, "/api/v1/status", { headers: { Origin, Authorization: `Bearer ${VIEWER}` } }, 403);
      must(!r.headers.get("access-control-allow-origin"), "the answer allows it to read");
      await expectStatus(base, "/api/v1/commands", { method: "OPTIONS", headers: { Origin, "Access-Control-Request-Method": "POST" } }, 403);
    }
    await expectStatus(base, "/api/v1/commands", { ...command, headers: { ...command.headers, Authorization: `Bearer ${OPERATOR}`, "Sec-Fetch-Site": "cross-site" } }, 403);
    return "403";
  });
  for (const transport of ["websocket", "polling"]) {
    await check(`Socket.IO without a token, ${transport}, ${name}`, async () => {
      for (const auth of [undefined, { token: "vly_wrong" }]) {
        const e = await connect(base, { transports: [transport], auth });
        must(e instanceof Error && e.message === "unauthorized", `got ${e.message ?? "a connection"}`);
      }
      return "unauthorized";
    });
    await check(`another origin, ${transport}, ${name}`, async () => {
      const e = await connect(base, { transports: [transport], auth: { token: VIEWER }, extraHeaders: { Origin: "https://evil.example" } });
      must(e instanceof Error && e.message !== "unauthorized", `got ${e.message ?? "a connection"}`);
      return e.message;
    });
    await check(`a viewer and an operator, ${transport}, ${name}`, async () => {
      const v = await connect(base, { transports: [transport], auth: { token: VIEWER } });
      must(!(v instanceof Error), `refused: ${v.message}`);
      must((await send(v, "subscribe", { stream: "events" })).ok, "may not subscribe");
      const a = await send(v, "command", { drones: "all", type: "hold" });
      must(a.ok === false && a.error.code === "forbidden", `a viewer's command: ${JSON.stringify(a)}`);
      v.close();
      const o = await connect(base, { transports: [transport], auth: { token: OPERATOR } });
      must(!(o instanceof Error), `refused: ${o.message}`);
      must((await send(o, "command", { drones: "all", type: "hold" })).ok, "an operator may not command");
      o.close();
      return "forbidden for the one, carried out for the other";
    });
  }
}

await check("headers of the page", async () => {
  const { r } = await expectStatus(FRONT, "/", {}, 200);
  const csp = r.headers.get("content-security-policy") ?? "";
  must(csp.includes("default-src 'self'") && csp.includes("frame-ancestors 'none'") && !/script-src[^;]*unsafe|https?:/.test(csp), `policy ${csp}`);
  for (const h of ["strict-transport-security", "x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy"]) must(r.headers.get(h), `no ${h}`);
  must(!/\d/.test(r.headers.get("server") ?? ""), `server says its version: ${r.headers.get("server")}`);
  return csp.slice(0, 60);
});
await check("no redirect to a stranger", async () => {
  for (const path of ["//evil.example/", "/\\evil.example/", "/api/%2e%2e/%2e%2e/etc/passwd", "//api/v1/status"]) {
    const r = await ask(FRONT, path);
    must(!/evil/.test(r.headers.get("location") ?? ""), `${path} leads to ${r.headers.get("location")}`);
  }
  return "none";
});
await check("metrics without a token", async () => {
  await expectStatus(BACK, "/metrics", {}, 401, 429);
  await expectStatus(BACK, "/metrics", { token: VIEWER }, 200);
  await expectStatus(FRONT, "/metrics", {}, 401, 429);
  await expectStatus(FRONT, "/metrics", { token: VIEWER }, 200);
  return "401, through Nginx and beside it";
});
await check("a flood of wrong tokens", async () => {
  const got = await Promise.all(Array.from({ length: 60 }, () => ask(BACK, "/api/v1/status", { token: "vly_guess", headers: { "X-Forwarded-For": `10.0.0.${Math.random()}` } }).then((r) => r.status)));
  must(got.includes(429), `never 429: ${[...new Set(got)]}`);
  await expectStatus(BACK, "/api/v1/status", { token: VIEWER }, 200);
  return "429, and a right token still works";
});
process.exit(failed ? 1 : 0);
