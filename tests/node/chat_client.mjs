// npm socket.io-client 4.8 against the chat server: `node chat_client.mjs URL MODE`, MODE polling, websocket or upgrade.
// Prints one line of JSON for each step, {"step": what was observed}; tests/interop/test_npm_client.py says what it must be.
import { Manager } from "socket.io-client";

const [url, mode] = process.argv.slice(2);
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const sockets = [];
process.on("unhandledRejection", () => {}); // a step that failed has said so

/** Names are unique to the mode, so that the three runs can share one server. */
const person = (name) => `${name}-${mode}`;
const room = (name) => `${name}-${mode}`;

function open(auth, namespace = "/chat", manager = new Manager(url, { transports: TRANSPORTS[mode], reconnection: false })) {
  const socket = manager.socket(namespace, { auth });
  socket.connect();
  sockets.push(socket);
  return socket;
}

function next(socket, event, within = 5000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} came`)), within);
    socket.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

const ask = (socket, ...args) => socket.timeout(5000).emitWithAck(...args);
const plain = (value) =>
  JSON.parse(JSON.stringify(value, function (key, encoded) {
    const value = this[key];
    return Buffer.isBuffer(value) ? { base64: value.toString("base64") } : encoded;
  }) ?? "null");

async function step(name, action) {
  const value = await action().catch((error) => ({ failed: String(error.stack) }));
  console.log(JSON.stringify({ [name]: plain(value ?? null) }));
}

async function connected(name) {
  const socket = open({ name: person(name) });
  await next(socket, "connect");
  return socket;
}

const ada = await connected("ada");
const bob = await connected("bob");
bob.on("still_there", (question, answer) => answer(true));

await step("join", () => ask(ada, "join", room("lobby")));
await step("member joined", async () => {
  const heard = next(ada, "member_joined");
  await ask(bob, "join", room("lobby"));
  return heard;
});
await step("text", async () => {
  const heard = next(bob, "message_posted");
  const ack = await ask(ada, "send_message", room("lobby"), { kind: "text_body", text: "grüß 👋 \u2028 \"quoted\" \\ 日本" });
  const [message] = await heard;
  return { ack, message };
});
await step("picture", async () => {
  const heard = next(bob, "message_posted");
  const data = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const ack = await ask(ada, "send_message", room("lobby"), { kind: "image", mime: "image/png", data, caption: "all bytes" });
  return { ack, message: (await heard)[0] };
});
await step("big picture", async () => {
  const heard = next(bob, "message_posted");
  const data = Buffer.alloc(700_000, 7);
  await ask(ada, "send_message", room("lobby"), { kind: "image", mime: "image/gif", data });
  const [message] = await heard;
  return { length: message.body.data.length, equal: data.equals(message.body.data), caption: "caption" in message.body };
});
await step("history with pictures", async () => {
  const eve = await connected("eve");
  const { history } = await ask(eve, "join", room("lobby"));
  eve.disconnect();
  return history.map(({ body }) => [body.kind, Buffer.isBuffer(body.data)]);
});
await step("typing", async () => {
  const heard = next(bob, "typing_changed");
  ada.emit("typing", room("lobby"));
  return heard;
});
await step("sender hears nothing of its own", async () => {
  let heard = 0;
  ada.on("message_posted", () => heard++);
  const delivered = next(bob, "message_posted"); // else it could come in the next step
  await ask(ada, "send_message", room("lobby"), { kind: "text_body", text: "to the others" });
  await delivered;
  await ask(ada, "rooms");
  return heard;
});
await step("other rooms hear nothing", async () => {
  const heard = [];
  bob.onAny((event, ...args) => heard.push([event, args[0]]));
  await ask(ada, "join", room("attic"));
  await ask(ada, "send_message", room("attic"), { kind: "text_body", text: "alone" });
  await ask(bob, "rooms");
  bob.offAny();
  return heard.filter(([event]) => event !== "announcement");
});
await step("announcement", async () => {
  const heard = next(bob, "announcement");
  await ask(ada, "join", room("cellar"));
  return heard;
});
await step("rooms", async () => (await ask(ada, "rooms")).ok[room("lobby")]);
await step("leave", async () => [await ask(ada, "leave", room("cellar")), await ask(ada, "leave", room("cellar"))]);
await step("too many arguments", () => ask(ada, "leave", room("cellar"), 1, { two: 3 }));
await step("ack by callback", () => new Promise((resolve) => ada.emit("leave", room("cellar"), (...args) => resolve(args))));

await step("wrong type", () => ask(ada, "join", 5));
await step("bad pattern", () => ask(ada, "join", "Not A Room"));
await step("missing argument", () => ask(ada, "send_message", room("lobby")));
await step("wrong member", () => ask(ada, "send_message", room("lobby"), { kind: "text_body", text: "" }));
await step("wrong tag", () => ask(ada, "send_message", room("lobby"), { kind: "sound" }));
await step("text for bytes", () => ask(ada, "send_message", room("lobby"), { kind: "image", mime: "image/png", data: "AAEC" }));
await step("unknown event", () => ask(ada, "sing", 1));
await step("not in room", () => ask(ada, "send_message", "elsewhere", { kind: "text_body", text: "hello?" }));
await step("too many rooms", async () => {
  const eve = await connected("eve2");
  let reply;
  for (let number = 0; number < 9; number++) reply = await ask(eve, "join", `${room("many")}-${number}`);
  eve.disconnect();
  return reply;
});
await step("invalid without ack, then valid", async () => {
  ada.emit("typing", { not: "a room" });
  ada.emit("sing");
  const heard = next(bob, "typing_changed");
  ada.emit("typing", room("lobby"), false);
  return heard;
});

const refusal = async (auth, namespace) => {
  const socket = open(auth, namespace);
  const [error] = await next(socket, "connect_error");
  return { message: error.message, data: error.data };
};
await step("name taken", () => refusal({ name: person("bob") }));
await step("no auth", () => refusal(undefined));
await step("bad auth", () => refusal({ name: 5 }));
await step("unknown namespace", () => refusal({}, "/nowhere"));
await step("name handed over", async () => {
  const old = await connected("carol");
  old.on("still_there", (question, answer) => answer(false));
  const gone = next(old, "disconnect");
  const newcomer = await connected("carol");
  const [reason] = await gone;
  return { reason, connected: newcomer.connected };
});
await step("two namespaces on one connection", async () => {
  const manager = new Manager(url, { transports: TRANSPORTS[mode], reconnection: false });
  const chat = open({ name: person("dave") }, "/chat", manager);
  const main = open({}, "/", manager);
  await Promise.all([next(chat, "connect"), next(main, "connect")]);
  const unknown = await ask(main, "join", "x");
  main.disconnect();
  return { unknown, chat: typeof (await ask(chat, "rooms")), ids: chat.id !== main.id };
});
await step("public id", async () => ada.id !== ada.io.engine.id && bob.id !== ada.id);
await step("transport", async () => {
  if (mode === "upgrade") for (let waited = 0; waited < 50 && ada.io.engine.transport.name !== "websocket"; waited++) await new Promise((resolve) => setTimeout(resolve, 100));
  return ada.io.engine.transport.name;
});
await step("after all this", async () => [ada.connected, bob.connected, typeof (await ask(ada, "rooms"))]);
await step("member left", async () => {
  const heard = next(bob, "member_left");
  ada.disconnect();
  return heard;
});

for (const socket of sockets) socket.io.engine?.close();
