// npm socket.io-client 4.8 with its less usual options against tests/interop/matrix_server.py: `node options_client.mjs URL`.
// Prints {"OPTIONS": [transport at the end, what was echoed]} for each set; tests/interop/test_options.py says what it must be.
import { io } from "socket.io-client";

const [url] = process.argv.slice(2);
const SETS = {
  "forceBase64 over polling": { transports: ["polling"], forceBase64: true },
  "forceBase64 over websocket": { transports: ["websocket"], forceBase64: true },
  "forceBase64 and an upgrade": { forceBase64: true },
  "no upgrade": { upgrade: false },
  tryAllTransports: { transports: ["websocket", "polling"], tryAllTransports: true },
  "timestamps over websocket": { transports: ["websocket"], timestampRequests: true, timestampParam: "stamp" },
  "no timestamps": { transports: ["polling"], timestampRequests: false },
  "path without slashes at the end": { path: "/socket.io", addTrailingSlash: false },
  "path with a slash": { path: "/socket.io/" },
  "a path below": { path: "/socket.io/below/it" },
  "extra headers": { extraHeaders: { "X-Token": "abc", "x-more": "1,2" } },
  "query of lists and odd characters": { query: { a: ["1", "2"], b: "ü&=x %", c: undefined } },
  "per-message deflate offered": { transports: ["websocket"], perMessageDeflate: { threshold: 0 } },
  withCredentials: { withCredentials: true },
  subprotocols: { transports: ["websocket"], protocols: ["first", "second"] },
  "auth by a function": { auth: (answer) => setTimeout(() => answer({ token: "später" }), 10) },
};

const within = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("too late")), 5000))]);

async function observe(options) {
  const socket = io(url, { reconnection: false, forceNew: true, ...options });
  try {
    await within(new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject)));
    const upgrades = (options.transports ?? []).length !== 1 && options.upgrade !== false && !options.tryAllTransports;
    if (upgrades && socket.io.engine.transport.name !== "websocket") await within(new Promise((resolve) => socket.io.engine.once("upgrade", resolve)));
    const echoed = await within(new Promise((resolve) => socket.emit("echo", "grüß 😀", { data: Buffer.from([0, 255]), none: [Buffer.alloc(0)] }, (...values) => resolve(values))));
    const who = await socket.timeout(5000).emitWithAck("who");
    return [socket.io.engine.transport.name, echoed[0], echoed[1].data.toString("hex"), echoed[1].none[0].length, who.auth];
  } catch (error) {
    return { failed: String(error), description: String(error.description?.message ?? error.description) };
  } finally {
    socket.disconnect();
  }
}

for (const [name, options] of Object.entries(SETS)) console.log(JSON.stringify({ [name]: await observe(options) }));
process.exit(0); // the timers of a client that failed would hold the process
