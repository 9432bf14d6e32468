// tests/bench/bench.yaml on npm socket.io, validated with zod. Prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "socket.io";
import { z } from "zod";

const item = z.object({ id: z.int().min(0), text: z.string().max(200), tags: z.array(z.string()) });
const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.on("echo", (data, ack) => ack(item.parse(data)));
  socket.on("shout", (data) => io.emit("shouted", item.parse(data)));
});

http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
