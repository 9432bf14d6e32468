// npm socket.io with @socket.io/admin-ui, for tests/examples/test_contracts.py; prints "listening PORT".
import { createServer } from "node:http";
import admin from "@socket.io/admin-ui";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
admin.instrument(io, { auth: false, mode: "development" });
io.on("connection", (socket) => socket.on("echo", (value, done) => done(value)));
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
