// Watches a fleet over drones_compact and prints where it is once a second.
//
//   npm install
//   node client.mjs http://127.0.0.1:5001 [--seconds 10] [--tolerance 0.5]
import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import { CompactDecoder } from "./compact.mjs";

const MODES = "standby takeoff hold goto velocity mission orbit rtl land fault".split(" ");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string" }, tolerance: { type: "string", default: "0.5" } },
});

const decoder = new CompactDecoder();
const socket = io(positionals[0] ?? "http://127.0.0.1:5001", { transports: ["websocket"] });

socket.on("connect", () => {
  decoder.ready = false; // what follows is another stream
  socket.emit("subscribe", { stream: "drones_compact", tolerance_m: Number(values.tolerance) }, (answer) =>
    console.log(JSON.stringify(answer)),
  );
});
socket.on("connect_error", (e) => console.error(String(e)));
socket.on("drones_compact", (message) => {
  const outcome = decoder.decode(message);
  if (outcome !== "ok") console.error(`${outcome}: the server sends a snapshot by itself`);
});

const state = { p: [0, 0, 0], v: [0, 0, 0] };
setInterval(() => {
  if (!decoder.ready) return;
  for (const slot of [...decoder.slots()].slice(0, 3)) {
    decoder.at(slot, decoder.tick, state);
    const [x, y, z] = state.p;
    console.log(
      JSON.stringify({
        tick: decoder.tick,
        drones: decoder.size,
        drone: `d${slot + 1}`,
        mode: MODES[state.mode],
        x,
        y,
        z,
      }),
    );
  }
}, 1000);

if (values.seconds) setTimeout(() => process.exit(), Number(values.seconds) * 1000);
