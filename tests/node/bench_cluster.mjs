// A node of npm socket.io with an official adapter for Redis: `node bench_cluster.mjs ADAPTER REDIS_URL`. Prints "listening PORT".
// It does what tests/bench/cluster/ackord_node.py does with shouts.
import { once } from "node:events";
import { createServer } from "node:http";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import Redis from "ioredis";
import { Server } from "socket.io";

const [kind, url] = process.argv.slice(2);
const [pub, sub] = [new Redis(url), new Redis(url)];
await Promise.all([pub, sub].map((redis) => once(redis, "ready")));
const adapters = {
  classic: () => createAdapter(pub, sub),
  sharded: () => createShardedAdapter(pub, sub),
  streams: () => createStreamsAdapter(pub),
};
const http = createServer();
const io = new Server(http, { adapter: adapters[kind]() });
io.on("connection", (socket) => {
  socket.on("shout", (item) => io.emit("shouted", item));
  socket.on("shout_here", (item) => io.local.emit("shouted", item));
});
http.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => console.log(`listening ${http.address().port}`));
