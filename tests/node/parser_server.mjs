// npm socket.io 4.8 with socket.io-msgpack-parser and connection state recovery, for the Python client: prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";

const http = createServer();
const io = new Server(http, { parser, connectionStateRecovery: { maxDisconnectionDuration: 20_000 } });

for (const name of ["/", "/second"])
  io.of(name).on("connection", (socket) => {
    socket.on("echo", (...args) => args.pop()(...args));
    socket.on("kinds", (...args) => args.pop()(args.map((value) => (Buffer.isBuffer(value) ? "Buffer" : value === null ? "null" : typeof value))));
    socket.on("values", (ack) => ack(new Date(0), undefined, NaN, { gone: undefined, kept: [undefined] }, new Uint8Array(8).buffer, Buffer.from([1])));
    socket.on("ask", async (question, ack) => ack(name, await socket.timeout(5000).emitWithAck("question", question)));
    socket.on("news", (number, ack) => (io.of(name).emit("news", number, { data: Buffer.from([number]) }), ack()));
    socket.on("drop", () => (io.of(name).emit("news", 1), socket.conn.close(true)));
  });
io.of("/private").use((socket, next) => next(Object.assign(new Error("not welcome"), { data: { token: socket.handshake.auth.token } })));

http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
