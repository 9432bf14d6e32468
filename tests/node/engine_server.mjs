// npm engine.io as an echo server, for tests/conformance/test_engineio_reference.py; options as JSON. Prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "engine.io";

const http = createServer((request, response) => response.writeHead(404).end());
const engine = new Server(JSON.parse(process.argv[2] ?? "{}"));
engine.attach(http, { path: "/engine.io" });
engine.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
