// npm @socket.io/redis-emitter 5: `node cluster_emitter.mjs REDIS_URL` does what test_operations.py expects of a process without a server.
import { Emitter } from "@socket.io/redis-emitter";
import Redis from "ioredis";

const redis = new Redis(process.argv[2]);
const chat = new Emitter(redis).of("/chat");
chat.emit("told", "all", Buffer.from([0, 255]), "é😀");
chat.to("python").emit("told", "python alone");
chat.to(["other", "node"]).except("node").emit("told", "other alone");
chat.in("everybody").except("node").socketsJoin("new");
chat.serverSideEmit("told", "servers");
await redis.quit();
console.log(JSON.stringify({ done: true }));
