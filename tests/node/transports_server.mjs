// npm socket.io 4.8 for tests/interop/test_transports.py, with a small maxHttpBufferSize and quick heartbeats. Prints "listening PORT".
//   echo     acknowledges its arguments
//   flood    emits n events "number", every third with bytes, then acknowledges
//   transport acknowledges the transport in use
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 20_000, pingInterval: 300, pingTimeout: 2000, cookie: { name: "io" } });
io.on("connection", (socket) => {
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("transport", (answer) => answer(socket.conn.transport.name));
  socket.on("flood", async (count, answer) => {
    for (let number = 0; number < count; number++) {
      socket.emit("number", number, number % 3 ? "text" : Buffer.from([number & 255]));
      if (number % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    answer(count);
  });
});
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
