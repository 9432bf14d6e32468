// npm socket.io 4.8 with an official adapter for Redis: `node cluster_server.mjs ADAPTER REDIS_URL`.
// Prints `listening PORT`. Clients say what it does to the cluster; tests/interop/cluster says what they must see.
import { once } from "node:events";
import { createServer } from "node:http";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import Redis from "ioredis";
import { Server } from "socket.io";

const [kind, url] = process.argv.slice(2);
const connect = () => (kind === "shards" ? new Redis.Cluster([url], { shardedSubscribers: true }) : new Redis(url));
const [pub, sub] = [connect(), connect()];
// ioredis ends the program if a connection subscribes before it is ready.
await Promise.all([pub, sub].map((redis) => once(redis, "ready")));
const adapters = {
  classic: () => createAdapter(pub, sub),
  sharded: () => createShardedAdapter(pub, sub),
  shards: () => createShardedAdapter(pub, sub),
  streams: () => createStreamsAdapter(pub),
  recovery: () => createStreamsAdapter(pub),
};
const http = createServer();
const io = new Server(http, { adapter: adapters[kind](), connectionStateRecovery: kind === "recovery" ? {} : undefined });

for (const name of ["/", "/chat"]) {
  const nsp = io.of(name);
  nsp.on("node", (value, reply) => reply({ node: value }));
  nsp.on("told", (value) => nsp.local.emit("told", "by a server", value));
  const selected = ({ rooms, except }) => nsp.to(rooms).except(except);
  const operations = {
    emit: (target, ...values) => selected(target).emit("told", ...values),
    ask: (target, ...values) => selected(target).timeout(5000).emitWithAck("question", ...values),
    fetch: async (target) =>
      (await selected(target).fetchSockets()).map(({ id, rooms, data }) => ({ id, rooms: [...rooms].sort(), data })),
    join: (target, rooms) => selected(target).socketsJoin(rooms),
    leave: (target, rooms) => selected(target).socketsLeave(rooms),
    disconnect: (target, close) => selected(target).disconnectSockets(close),
    server_emit: (_, value) => nsp.serverSideEmit("told", value),
    server_ask: (_, value) => nsp.serverSideEmitWithAck("node", value),
  };
  nsp.on("connection", (socket) => {
    socket.data.name = socket.handshake.auth.name;
    socket.join(["everybody", socket.data.name]);
    socket.on("do", async (operation, target, ...values) => {
      const reply = values.pop();
      reply((await operations[operation](target, ...values)) ?? null);
    });
  });
}
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
