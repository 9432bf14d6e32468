// npm socket.io with the handlers of tests/interop/psio_command_line_server.py, for tests/interop/test_command_line.py; prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
  socket.emit("hello", socket.handshake.auth, Buffer.from([0, 255]));
  socket.on("echo", (...values) => values.pop()(...values));
  socket.on("hang", () => {});
  socket.on("kill", () => socket.disconnect(true));
});
io.of("/closed").use((socket, next) => next(Object.assign(new Error("closed"), { data: { code: 7 } })));
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
