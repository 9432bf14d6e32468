// npm socket.io with the handlers of tests/conformance/differential_server.py, for tests/conformance/test_differential.py.
// Prints "listening PORT", then a line of JSON for each thing that handlers see: [label of the connection, namespace, what, ...].
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { pingInterval: 60_000, pingTimeout: 60_000, connectTimeout: 60_000 });
const plain = (value) =>
  JSON.parse(JSON.stringify(value, function (key, encoded) {
    return Buffer.isBuffer(this[key]) ? { bytes: this[key].toString("hex") } : encoded;
  }));

for (const name of ["/", "/custom", "/closed"]) {
  io.of(name).on("connection", (socket) => {
    const { label } = socket.handshake.query;
    const log = (...items) => console.log(JSON.stringify([label, name, ...items]));
    log("connection", socket.handshake.auth);
    socket.onAny((event, ...args) => log("event", String(event), plain(args.filter((item) => typeof item !== "function"))));
    socket.on("disconnect", (reason) => log("disconnect", reason));
    socket.on("echo", (...args) => {
      const answer = typeof args.at(-1) === "function" ? args.pop() : () => {};
      socket.emit("back", ...args);
      answer(...args);
    });
    socket.on("leave", () => socket.disconnect());
    socket.on("kill", () => socket.disconnect(true));
  });
}
io.of("/closed").use((socket, next) => next(Object.assign(new Error("closed"), { data: { code: 7 } })));
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
