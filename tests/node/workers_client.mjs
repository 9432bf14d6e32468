// npm socket.io-client 4.8 against tests/runtime/hosting/workers_server.py: `node workers_client.mjs URL TRANSPORT...`.
// Opens 20 sockets, each with connections of its own; prints {"workers": [how many processes answered]}, {"echoed": …} and {"told": …}.
import { io } from "socket.io-client";

const [url, ...transports] = process.argv.slice(2);
const within = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("too late")), 60_000).unref())]);
const sockets = Array.from({ length: 20 }, () => io(url, { transports, forceNew: true, reconnection: false }));
await within(Promise.all(sockets.map((socket) => new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject)))));
const told = sockets.map((socket) => new Promise((resolve) => socket.on("told", resolve)));
const pids = await within(Promise.all(sockets.map((socket) => socket.emitWithAck("pid"))));
console.log(JSON.stringify({ workers: [new Set(pids).size] }));
let echoed = 0;
for (let round = 0; round < 20; round++)
  echoed += (await within(Promise.all(sockets.map((socket) => socket.emitWithAck("echo", round))))).filter((value) => value === round).length;
console.log(JSON.stringify({ echoed: [echoed] }));
sockets[0].emit("tell", "hi");
console.log(JSON.stringify({ told: [(await within(Promise.all(told))).filter((value) => value === "hi").length] }));
sockets.forEach((socket) => socket.disconnect());
