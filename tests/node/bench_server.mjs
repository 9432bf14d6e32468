// The events of tests/bench/bench.yaml on npm socket.io, validated with zod. Prints "listening PORT".
// ws unmasks frames with bufferutil, as Socket.IO's page on performance advises; in plain JavaScript it takes four times as long for 64 KB.
// --events=N, --namespaces=N and --room do what tests/bench/servers/listening.py says.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import { z } from "zod";

const number = { type: "string", default: "0" };
const { values } = parseArgs({ options: { events: number, namespaces: number, room: { type: "boolean", default: false } } });
const names = (prefix, count, otherwise) => (count > 0 ? Array.from({ length: count }, (_, index) => `${prefix}${index}`) : [otherwise]);
const echoes = names("echo_", Number(values.events), "echo");
const paths = names("/n", Number(values.namespaces), "/");

const item = z.object({ id: z.int().min(0), text: z.string().max(20000), tags: z.array(z.string()) });
const http = createServer();
const io = new Server(http);
let room;

for (const path of paths) {
  io.of(path).on("connection", (socket) => {
    for (const name of echoes) socket.on(name, (data, ack) => ack(item.parse(data)));
    socket.on("note", (data) => item.parse(data));
    socket.on("sync", (ack) => ack(true));
    socket.on("upload", (data, ack) => ack(data.length));
    socket.on("join", (groups, ack) => {
      for (let group = 0; group < groups; group++) socket.join(`group:${group}`);
      if (values.room) room = `group:${groups - 1}`;
      ack(true);
    });
    socket.on("shout", (data) => (room ? io.to(room) : io).emit("shouted", item.parse(data)));
  });
}

http.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(`listening ${http.address().port}`));
