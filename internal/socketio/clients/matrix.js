// Connects each JavaScript client over each transport and checks what it gets.
//
//   node matrix.js --url http://127.0.0.1:3000 [--mode generic|hub] [--count 20]
//                  [--timeout 10000] [--token T] [--path /socket.io/]
//
// generic talks to the conformance program, hub to a running fleet. One JSON
// line a pair of client and transport; exit code 1 if anything failed.
"use strict";

const { parseArgs } = require("node:util");

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:3000" },
    mode: { type: "string", default: "generic" },
    count: { type: "string", default: "20" },
    timeout: { type: "string", default: "10000" },
    token: { type: "string" },
    path: { type: "string", default: "/socket.io/" },
  },
});

const clients = ["sioc2", "sioc3", "sioc4"].map((name) => ({
  name: `socket.io-client ${require(`${name}/package.json`).version}`,
  io: require(name),
}));

const transports = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

function connect(io, names) {
  const auth = options.token ? { token: options.token } : undefined;
  return io(options.url, {
    path: options.path,
    transports: names,
    forceNew: true,
    reconnection: false,
    timeout: Number(options.timeout),
    auth,
    query: auth, // version 2 knows no auth
  });
}

// within fails instead of waiting for ever, and says for what.
function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in time`)), Number(options.timeout));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function event(socket, name, accept = () => true) {
  const wait = new Promise((resolve, reject) => {
    socket.on(name, (...args) => {
      if (accept(...args)) resolve(args);
    });
    socket.on("disconnect", (reason) => reject(new Error(`disconnected while waiting for ${name}: ${reason}`)));
  });
  wait.catch(() => {}); // also where nobody waits yet
  return within(name, wait);
}

function connected(socket) {
  return within(
    "connect",
    new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
      socket.on("error", (e) => reject(e instanceof Error ? e : new Error(JSON.stringify(e))));
    }),
  );
}

function request(socket, name, ...args) {
  return within(`ack of ${name}`, new Promise((resolve) => socket.emit(name, ...args, resolve)));
}

function check(ok, what, got) {
  if (!ok) throw new Error(`${what}: got ${JSON.stringify(got)}`);
}

async function onWebSocket(socket) {
  const engine = socket.io.engine;
  if (engine.transport.name === "websocket") return;
  await within("upgrade", new Promise((resolve) => engine.on("upgrade", resolve)));
  check(engine.transport.name === "websocket", "transport", engine.transport.name);
}

async function generic(socket, n) {
  const token = `${process.pid}-${n}-${Math.random()}`;
  const broadcast = event(socket, "broadcast-back", (x) => x === token);
  const echo = event(socket, "message-back");
  await connected(socket);
  socket.emit("broadcast", token);
  await broadcast;
  const bytes = Buffer.from([0, 1, 2, 0xff, n]);
  socket.emit("message", { text: "Zürich 🚁", bytes }, bytes);
  const [object, copy] = await echo;
  check(object.text === "Zürich 🚁", "text", object.text);
  check(bytes.equals(Buffer.from(object.bytes)), "nested binary", object.bytes);
  check(bytes.equals(Buffer.from(copy)), "binary", copy);
  const ack = await request(socket, "message-with-ack", { n });
  check(ack && ack.n === n, "ack", ack);
}

async function hub(socket) {
  const drones = event(socket, "drones", (frame) => Array.isArray(frame.drones) && frame.drones.length > 0);
  await connected(socket);
  const granted = await request(socket, "subscribe", { stream: "drones", rate_hz: 10 });
  check(granted && granted.ok === true, "subscribe", granted);
  await drones;
  const done = await request(socket, "command", { drones: "all", type: "hold", params: {} });
  check(done && done.ok === true, "command", done);
}

const modes = { generic, hub };

async function once(io, transport, n) {
  const socket = connect(io, transports[transport]);
  try {
    await modes[options.mode](socket, n);
    if (transport !== "polling") await onWebSocket(socket);
    check(socket.connected, "still connected", false);
  } finally {
    socket.off("disconnect");
    socket.close();
  }
}

async function main() {
  if (!modes[options.mode]) throw new Error(`unknown mode ${options.mode}`);
  const count = Number(options.count);
  let failures = 0;
  for (const { name, io } of clients) {
    for (const transport of Object.keys(transports)) {
      const runs = Array.from({ length: count }, (_, n) => once(io, transport, n));
      const results = await Promise.allSettled(runs);
      const failed = results.filter((r) => r.status === "rejected");
      failures += failed.length;
      const errors = [...new Set(failed.map((r) => String(r.reason?.message ?? r.reason)))];
      console.log(JSON.stringify({ client: name, transport, ok: count - failed.length, failed: failed.length, errors }));
    }
  }
  process.exit(failures ? 1 : 0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
