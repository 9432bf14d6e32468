// npm socket.io-client 4.8 against tests/interop/recovery_server.py: `node recovery_client.mjs URL`.
// Prints a line of JSON for each transport, {"MODE": what was observed}; tests/interop/test_recovery.py says what it must be.
import { Manager } from "socket.io-client";

const [url] = process.argv.slice(2);
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };

function open(mode) {
  const manager = new Manager(url, { transports: TRANSPORTS[mode], reconnectionDelay: 300, randomizationFactor: 0, forceNew: true });
  return manager.socket("/");
}

function next(target, event, within = 8000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} came`)), within);
    target.once(event, (...args) => (clearTimeout(timer), resolve(args)));
  });
}

const ask = (socket, ...args) => socket.timeout(5000).emitWithAck(...args);

async function observe(mode) {
  const [reader, writer] = [open(mode), open("websocket")];
  await Promise.all([next(reader, "connect"), next(writer, "connect")]);
  if (mode === "upgrade" && reader.io.engine.transport.name !== "websocket") await next(reader.io.engine, "upgrade");
  const news = [];
  reader.on("news", (number, { data }) => news.push([number, data[0]]));
  await ask(reader, "enter", mode);
  const id = reader.id;
  const seen = {};

  async function cut(name, meanwhile) {
    const disconnected = next(reader, "disconnect");
    reader.io.engine.close(); // as the official tests of recovery do: the transport ends, the namespace is not left
    await disconnected;
    await meanwhile();
    await next(reader, "connect");
    seen[name] = [reader.recovered, reader.id === id, news.splice(0), await ask(reader, "who")];
  }

  await cut("no event was received", () => ask(writer, "publish", mode, 1));
  await ask(writer, "publish", mode, 2);
  await ask(writer, "whisper", "a string that is no offset");
  await ask(reader, "who");
  await cut("events before, and a volatile one that ends in a string", async () => {
    await ask(writer, "publish", mode, 3);
    await ask(writer, "publish", "elsewhere", 99);
    await ask(writer, "whisper", "never replayed");
    await ask(writer, "publish", mode, 4);
  });
  await cut("nothing was missed", async () => {});

  // More than a connection may buffer, and some more while that is being written.
  const flood = [];
  let attempts = 0;
  reader.on("flood", (number) => flood.push(number));
  reader.io.on("open", () => attempts++);
  reader.io.reconnection(false);
  const disconnected = next(reader, "disconnect");
  reader.io.engine.close();
  await disconnected;
  await ask(writer, "flood", mode, 0, 1200, 10_000);
  reader.io.reconnection(true);
  reader.connect();
  await next(reader.io, "open");
  for (let number = 1200; number < 1300; number += 10) await ask(writer, "flood", mode, number, 10, 10_000);
  if (!reader.connected) await next(reader, "connect");
  await ask(writer, "flood", mode, 1300, 1, 1);
  while (flood.at(-1) !== 1300) await next(reader, "flood");
  const inOrder = flood.every((number, index) => number === index);
  seen["12 MB were missed"] = [reader.recovered, reader.id === id, attempts, flood.length, inOrder];

  reader.disconnect();
  reader.connect();
  await next(reader, "connect");
  seen["left on purpose"] = [reader.recovered, reader.id === id, news.splice(0), await ask(reader, "who")];
  reader.disconnect();
  writer.disconnect();
  return seen;
}

for (const mode of Object.keys(TRANSPORTS))
  console.log(JSON.stringify({ [mode]: await observe(mode).catch((error) => ({ failed: String(error.stack) })) }));
process.exit(0);
