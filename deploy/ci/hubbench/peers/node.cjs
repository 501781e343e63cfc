// Socket.IO's own server: node node.cjs PORT FRAMES.json
const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
const { Server } = require("socket.io");

const frames = JSON.parse(readFileSync(process.argv[3], "utf8"));
const http = createServer();
const io = new Server(http, { pingInterval: 25000, pingTimeout: 20000 });
let tick = 0;
const start = performance.now();
const publish = () => {
  const frame = frames[tick % frames.length];
  frame.tick = ++tick;
  frame.published_us = Math.round((performance.timeOrigin + performance.now()) * 1000);
  io.emit("drones", frame);
  setTimeout(publish, start + tick * 50 - performance.now());
};
http.listen(Number(process.argv[2]), "127.0.0.1", publish);
