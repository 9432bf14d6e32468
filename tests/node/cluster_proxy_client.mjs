// npm socket.io-client 4.8 through a proxy that ends TLS: `node cluster_proxy_client.mjs URL CERTIFICATE PATH...`.
// Prints for each path {"PATH": [transport at the end, server's answer, what was told] for each way}; tests/interop/cluster/test_proxies.py says what it must be.
import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

const [url, certificate, ...paths] = process.argv.slice(2);
const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]];
const within = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("too late")), 10_000).unref())]);

async function observe(path, transports) {
  // In Node, only `withCredentials` keeps the cookie by which the proxy knows a client again.
  const socket = io(url, { path, transports, ca: readFileSync(certificate), withCredentials: true, forceNew: true, auth: { name: "npm" } });
  await within(new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject)));
  if (transports.length > 1) await within(new Promise((resolve) => (socket.io.engine.transport.name === "websocket" ? resolve() : socket.io.engine.once("upgrade", resolve))));
  const who = await socket.timeout(10_000).emitWithAck("who");
  const told = within(new Promise((resolve) => socket.once("told", (...values) => resolve(values))));
  await socket.timeout(10_000).emitWithAck("do", "emit", { rooms: [], except: [] }, path, transports.join(), Buffer.alloc(100_000, 1));
  const [, , bytes] = await told;
  const seen = [socket.io.engine.transport.name, who.slice(1), bytes.length];
  socket.disconnect();
  return seen;
}

for (const path of paths) {
  const seen = [];
  for (const transports of WAYS) seen.push(await observe(path, transports));
  console.log(JSON.stringify({ [path]: seen }));
}
process.exit(0);
