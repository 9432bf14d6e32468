// npm socket.io with the handlers of tests/interop/explorer_server.py; prints "listening PORT".
import { createServer } from "node:http";
import { Server } from "socket.io";

const PNG = Buffer.from("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082", "hex");
const http = createServer();
// Pages of other origins are refused, so that the proxy has something to get around.
const io = new Server(http, { pingInterval: 3000, allowRequest: (request, answer) => answer(null, !request.headers.origin || new URL(request.headers.origin).host === request.headers.host) });
const error = (code, rest) => ({ error: { code, message: code, ...rest } });

const evaluate = (formula) => (formula.kind === "sum" ? evaluate(formula.left) + evaluate(formula.right) : formula.value);

const lab = io.of("/lab");
lab.use((socket, next) => {
  const { key } = socket.handshake.auth;
  if (key === "open") return next();
  next(Object.assign(new Error("wrong_key"), { data: { code: "wrong_key", data: { hint: "it is open" } } }));
});
lab.on("connection", (socket) => {
  socket.on("nothing", () => socket.emit("shown", PNG));
  socket.on("empty", (ack) => ack());
  socket.on("every", (value, ack) => (value.whole > 100 ? ack(error("invalid_request", { message: "The arguments don't fit the event", issues: [{ loc: ["value", "whole"], type: "less_than_equal", msg: "Input should be less than or equal to 100" }] })) : ack(value)));
  socket.on("evaluate", (formula, node, pair, ack) => ack(evaluate(formula)));
  socket.on("divide", (dividend, divisor, ack) => ack(divisor ? dividend / divisor : error("division_by_zero", { data: { dividend } })));
  socket.on("wrapped", (value, ack) => ack({ ok: value }));
  socket.on("picture", (data, ack) => ack(data));
  socket.on("join", (name, ack) => (socket.join(`group:${name}`), ack(name, 1)));
  socket.on("say", (name, text) => lab.to(`group:${name}`).emit("said", name, text));
  socket.on("ask", async (question, ack) => {
    const answer = await socket.timeout(30_000).emitWithAck("confirm", question);
    ack(answer?.error ? `refused: ${answer.error.data.why}` : `said ${answer ? "True" : "False"}`);
  });
  socket.on("echo", (text, ack) => ack(text));
  socket.on("flood", (count) => Array.from({ length: count }, () => lab.to("group:blue").emit("said", "blue", "again")));
  socket.on("wrong", (ack) => ack("Not A Word"));
});
io.of("/desk").on("connection", (socket) => {
  socket.on("ackord:refresh_auth", ({ token }, ack) => (token === "open" ? ack() : ack(error("wrong_key", { data: { hint: "it is open" } }))));
  socket.on("end", () => (socket.emit("ackord:auth_expired"), socket.disconnect()));
});
io.of(/^\/tenant\/\d+$/).on("connection", (socket) => socket.on("where", (ack) => ack(`tenant ${socket.nsp.name.split("/")[2]}`)));
http.listen(0, "127.0.0.1", () => console.log(`listening ${http.address().port}`));
