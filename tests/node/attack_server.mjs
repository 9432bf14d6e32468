// The server of tests/attack/server.py on npm socket.io, with npm's defaults. Prints "listening PORT".
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Server } from "socket.io";
import { z } from "zod";

const flag = { type: "boolean", default: false };
const { values } = parseArgs({ options: { recovery: flag, proxies: flag, compression: flag } }); // npm knows no proxies
const http = createServer();
const io = new Server(http, {
  ...(values.recovery ? { connectionStateRecovery: {} } : {}),
  ...(values.compression ? { perMessageDeflate: true } : {}),
});
const Item = z.object({ id: z.int().min(0), text: z.string().max(20000), tags: z.array(z.string()) });
const Tree = z.object({
  get kids() {
    return z.union([z.array(Tree), Tree, z.string(), z.int()]);
  },
});
const answer = (ack, value) => typeof ack === "function" && ack(value);
const echo = (value, ack) => answer(ack, value);

// What an application does that must go on: a listener that throws would end the process.
function checked(schema, handle) {
  return async (value, ack) => {
    const result = schema.safeParse(value);
    if (result.success) return answer(ack, handle(result.data));
    answer(ack, { error: { code: "invalid_request" } });
    await sleep(1000);
  };
}

io.on("connection", (socket) => {
  socket.on("echo", echo);
  socket.on("ask", async (ack) => answer(ack, await socket.emitWithAck("question")));
  socket.on("crash", () => {
    throw new Error("a mistake of the application");
  });
  socket.on("shout", (count, size) => {
    for (let number = 0; number < count; number++) io.emit("news", "x".repeat(size));
  });
  socket.on("slow", () => sleep(300));
});
io.of("/typed").on("connection", (socket) => {
  socket.on("echo", echo);
  socket.on("item", checked(Item, (item) => item));
  socket.on("tree", checked(Tree, () => 1));
});
io.of("/closed").use((_, next) => next(new Error("closed")));
io.of(/^\/tenant-\d+$/).on("connection", (socket) => socket.on("echo", echo));
http.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(`listening ${http.address().port}`));
