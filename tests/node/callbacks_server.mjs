// npm socket.io 4.8 with acknowledgements as Node.js has them: `node callbacks_server.mjs`.
// Serves the contract of tests/codegen/golden/other_apis by hand; prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("sendHeader", (header, callback) => callback(header));
  socket.on("nodeStyle", (which, callback) => {
    if (which === 0) callback(null, ["row"]);
    else if (which === 1) callback({ error: { code: 1 } });
    else callback(null);
  });
  socket.on("room:join", (room, callback) => (room === "null" ? callback(null) : callback()));
});

io.of("/strict").on("connection", (socket) => {
  socket.on("split", (text, callback) => {
    const [head, ...rest] = text.split(" ");
    if (head === "full") callback({ error: { code: "E_FULL", message: "full", data: { maxSize: 3 } } });
    else callback(head, rest, rest.length, "one more");
  });
  socket.on("nothing", (callback) => {
    socket.emit("askBoth", "?", (yes, why) => {
      socket.emit("askNothing", (...args) => {
        if (yes === true && why === null && args.length === 0) callback();
        else callback({ error: { code: "rate/limit", message: JSON.stringify([yes, why, args]) } });
      });
    });
  });
});

http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
