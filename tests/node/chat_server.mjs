// The chat contract on npm socket.io 4.8, written by hand as a team with a server in Node would:
// what the generated Python client talks to in tests/interop. Prints "listening PORT".
//
// Beyond chat.yaml it refuses to let anybody into the room "secret", with an error that the contract doesn't know,
// and it does three things on demand, named by the room of a `typing` event:
//   ask      asks this client `still_there` and announces the answer, or the failure
//   mistyped posts a message that breaks the contract, then announces "after"
//   drop     closes the connection
import { createServer } from "node:http";
import { Server } from "socket.io";
import { z } from "zod";

const roomName = z.string().regex(/^[a-z0-9-]{1,32}$/);
const userName = z.string().min(1).max(24);
const bytes = z.custom((value) => Buffer.isBuffer(value) || value instanceof Uint8Array);
const body = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text_body"), text: z.string().min(1).max(2000) }),
  z.object({
    kind: z.literal("image"),
    mime: z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]),
    data: bytes,
    caption: z.string().max(200).optional(),
  }),
]);
const MOST_ROOMS = 3;

const http = createServer();
export const io = new Server(http);
const chat = io.of("/chat");
const names = new Set();
const history = new Map();
let lastId = 0;

const failure = (code, message, rest = {}) => ({ error: { code, message, ...rest } });

/** Validate positional arguments; null and an answered error if they don't fit. */
function valid(schema, args, ack) {
  const result = z.tuple(schema).safeParse(args);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, code, message }) => ({ loc: path, type: code, msg: message }));
  ack?.(failure("invalid_request", "invalid", { issues }));
  return null;
}

const members = async (room) => (await chat.in(`room:${room}`).fetchSockets()).map((other) => other.data.name).sort();

chat.use((socket, next) => {
  const refuse = (message, data) => next(Object.assign(new Error(message), { data }));
  const auth = z.object({ name: userName }).safeParse(socket.handshake.auth);
  if (!auth.success) return refuse("invalid auth", { code: "invalid_request", issues: [] });
  if (names.has(auth.data.name)) return refuse("Somebody else uses this name.", { code: "name_taken", data: { name: auth.data.name } });
  names.add(auth.data.name);
  socket.data.name = auth.data.name;
  next();
});

chat.on("connection", (socket) => {
  const { name } = socket.data;
  const joined = new Set();

  socket.on("join", async (...args) => {
    const ack = args.pop();
    const [room] = valid([roomName], args, ack) ?? [];
    if (!room) return;
    if (room === "secret") return ack(failure("banned", "Not for you.", { data: { until: "tomorrow" } }));
    if (joined.size >= MOST_ROOMS) return ack(failure("too_many_rooms", "Leave a room before joining another.", { data: { limit: MOST_ROOMS } }));
    joined.add(room);
    socket.join(`room:${room}`);
    socket.to(`room:${room}`).emit("member_joined", room, name);
    ack({ members: await members(room), history: history.get(room) ?? [] });
  });
  socket.on("leave", (room, ack) => {
    socket.leave(`room:${room}`);
    socket.to(`room:${room}`).emit("member_left", room, name);
    ack(joined.delete(room));
  });
  socket.on("send_message", (...args) => {
    const ack = args.pop();
    const [room, content] = valid([roomName, body], args, ack) ?? [];
    if (!room) return;
    if (!joined.has(room)) return ack(failure("not_in_room", "Join the room first.", { data: { room } }));
    const message = { id: ++lastId, room, author: name, sent_at: new Date().toISOString(), body: content };
    history.set(room, [...(history.get(room) ?? []), message].slice(-20));
    socket.to(`room:${room}`).emit("message_posted", message);
    ack({ id: message.id, sent_at: message.sent_at });
  });
  socket.on("typing", async (room, active) => {
    if (room === "drop") return socket.disconnect();
    if (room === "mistyped") {
      socket.emit("message_posted", { id: "one" });
      return socket.emit("announcement", "after");
    }
    if (room !== "ask") return socket.to(`room:${room}`).emit("typing_changed", room, name, active);
    const answer = await socket.timeout(8000).emitWithAck("still_there", "still there?").catch(() => "no answer");
    socket.emit("announcement", `answer: ${JSON.stringify(answer)}`);
  });
  socket.on("rooms", (ack) => {
    const counts = {};
    for (const [room, sids] of chat.adapter.rooms) if (room.startsWith("room:")) counts[room.slice(5)] = sids.size;
    ack({ ok: counts }); // acks: result
  });
  socket.on("disconnect", () => {
    names.delete(name);
    for (const room of joined) socket.to(`room:${room}`).emit("member_left", room, name);
  });
});

http.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`listening ${http.address().port}`));
