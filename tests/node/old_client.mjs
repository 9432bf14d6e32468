// npm socket.io-client 2.5, which speaks Engine.IO v3: `node old_client.mjs URL`.
// Prints {"TRANSPORT": what the client told its user, and what was on the wire}; tests/interop/test_matrix.py says what it must be.
import io from "socket.io-client-2";

const [url] = process.argv.slice(2);
for (const transport of ["polling", "websocket"]) {
  const socket = io(url, { transports: [transport], reconnection: false, forceNew: true, timeout: 3000 });
  const heard = [];
  for (const event of ["connect", "disconnect", "error", "reconnect"]) socket.on(event, () => heard.push(event));
  const error = await new Promise((resolve) => socket.on("connect_error", resolve));
  console.log(JSON.stringify({ [transport]: { message: error.message, type: error.type, description: String(error.description?.message ?? error.description), heard } }));
  socket.close();
}
// What the two transports were answered, which the client's error doesn't hold.
const answer = await fetch(`${url}/socket.io/?EIO=3&transport=polling`);
console.log(JSON.stringify({ answer: [answer.status, answer.headers.get("content-type"), await answer.text()] }));
process.exit(0);
