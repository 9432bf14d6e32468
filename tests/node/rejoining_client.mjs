// npm socket.io-client 4.8 against tests/interop/rejoining_server.py: `node rejoining_client.mjs URL`.
// It gives a namespace up while it is being joined, and joins it again; prints {"MODE GAP": what was observed} for each transport and gap in ms.
import { Manager } from "socket.io-client";

const [url] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function observe(transport, gap) {
  const manager = new Manager(url, { transports: [transport], forceNew: true, autoConnect: false });
  const [steady, slow] = [manager.socket("/steady"), manager.socket("/slow")];
  const said = [];
  for (const [name, socket] of Object.entries({ steady, slow })) {
    socket.on("connect", () => said.push(`${name} connect`));
    socket.on("disconnect", (reason) => said.push(`${name} ${reason}`));
    socket.on("connect_error", (error) => said.push(`${name} ${error.message}`));
  }
  const connected = (socket) => new Promise((resolve) => socket.once("connect", resolve));
  steady.connect();
  await connected(steady);
  slow.connect();
  if (gap) await sleep(gap);
  const isLate = slow.connected; // on a busy machine: there is nothing to give up any more
  slow.disconnect().connect();
  if (isLate) return manager._close(), observe(transport, gap);
  await connected(slow);
  await sleep(700);
  const there = await steady.timeout(5000).emitWithAck("who");
  const alone = there.length === 1 && there[0] === slow.id;
  const seen = { said: [...said], alone };
  manager._close();
  return seen;
}

for (const transport of ["polling", "websocket"]) {
  for (const gap of [0, 100]) {
    console.log(JSON.stringify({ [`${transport} ${gap}`]: await observe(transport, gap) }));
  }
}
process.exit(0);
