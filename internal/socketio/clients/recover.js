// A client that loses its connection must be recovered by the library itself:
// with its id, with what it missed, and told so.
//   node recover.js --url http://127.0.0.1:3000
const { io } = require("sioc4");

const url = process.argv[process.argv.indexOf("--url") + 1];
const open = () => io(url, { transports: ["websocket"], auth: { recover: true }, reconnectionDelay: 300, forceNew: true });
const fail = (why) => {
  console.error(why);
  process.exit(1);
};
setTimeout(() => fail("not recovered within 20 s"), 20000);

const one = open();
const other = open();
const got = [];
let id;
one.on("broadcast-back", (...args) => {
  got.push(args[0]);
  if (args[0] === "before") {
    id = one.id;
    one.io.engine.transport.ws._socket.destroy(); // the network goes, without a goodbye
  }
});
one.on("disconnect", () => {
  for (const word of ["first", "second"]) other.emit("broadcast", word);
});
other.once("connect", () => {
  const ready = setInterval(() => one.connected && (clearInterval(ready), other.emit("broadcast", "before")), 10);
});
one.io.on("reconnect", () => {
  one.once("connect", () => {
    setTimeout(() => {
      const ok = one.recovered && one.id === id && got.join() === "before,first,second";
      if (!ok) fail(`recovered ${one.recovered}, id ${id} then ${one.id}, got ${got}`);
      console.log("recovered");
      process.exit(0);
    }, 300);
  });
});
