// npm socket.io 4.8 for tests/interop/test_client.py and its neighbors: `node peer_server.mjs [PORT] [--recovery]`.
// Prints "listening PORT", then "noted NUMBER" for each event `note`. tests/interop/peer_server.py does the same on this project's server.
//   echo     acknowledges its arguments
//   ask      asks the client `question`, and acknowledges what it answers
//   note     prints its number, and acknowledges it
//   enter    joins a room
//   publish  emits `news` to a room
//   large    emits `news` with so many bytes
//   leave    disconnects the socket
// The namespace /private refuses who doesn't know the word.
import { createServer } from "node:http";
import { Server } from "socket.io";

const [port = "0"] = process.argv.slice(2).filter((each) => !each.startsWith("--"));
const http = createServer();
const io = new Server(http, {
  pingInterval: 500,
  pingTimeout: 2500,
  ...(process.argv.includes("--recovery") && { connectionStateRecovery: {} }),
});
for (const name of ["/", "/second", "/private"]) {
  const namespace = io.of(name);
  namespace.on("connection", (socket) => {
    socket.on("echo", (...args) => args.pop()(...args));
    socket.on("ask", async (...args) => args.pop()(await socket.timeout(5000).emitWithAck("question", ...args)));
    socket.on("note", (number, answer) => (console.log(`noted ${number}`), answer(number)));
    socket.on("enter", (room, answer) => (socket.join(room), answer(name)));
    socket.on("publish", (room, ...args) => {
      const answer = args.pop();
      namespace.to(room).emit("news", ...args);
      answer();
    });
    socket.on("large", (size) => socket.emit("news", size, Buffer.alloc(size)));
    socket.on("leave", () => socket.disconnect());
  });
}
io.of("/private").use((socket, next) => {
  if (socket.handshake.auth.word === "sesame") return next();
  next(Object.assign(new Error("not welcome"), { data: { code: 42, hint: ["a word", null] } }));
});
http.listen(Number(port), "127.0.0.1", () => console.log(`listening ${http.address().port}`));
