// npm socket.io-client 4.8 against tests/interop/features_server.py: `node features_client.mjs URL`.
// Prints a line of JSON for each step, {"NAME": what was observed}; tests/interop/test_features.py says what it must be.
import { Manager } from "socket.io-client";

const [url] = process.argv.slice(2);
const open = (transports) => new Manager(url, { transports, reconnection: false, forceNew: true });
const print = (name, value) => console.log(JSON.stringify({ [name]: value }));

function next(target, event, within = 30_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} came`)), within);
    target.once(event, (...args) => (clearTimeout(timer), resolve(args)));
  });
}

const ask = (socket, ...args) => socket.timeout(8000).emitWithAck(...args);

const one = open(["polling"]);
const two = open(["websocket"]);
const [a, b, silent] = [one.socket("/"), two.socket("/"), open(["websocket"]).socket("/")];
await Promise.all([next(a, "connect"), next(b, "connect"), next(silent, "connect")]);

// dynamic namespaces, several on one connection, over both transports
const [x, y] = [one.socket("/dynamic-1"), two.socket("/dynamic-1")];
const first = await next(x, "joined");
print("dynamic", first);
if (!y.connected) await next(y, "connect");
const refused = two.socket("/dynamic-x");
print("no such name", (await next(refused, "connect_error"))[0].message);
const game = one.socket("/game-7", { auth: { token: "secret" } });
await next(game, "welcome");
print("predicate", game.connected);
const closed = two.socket("/game-7");
print("predicate refuses", (await next(closed, "connect_error"))[0].message);

// broadcasts with acknowledgements, binary in and out
a.on("question", (data, reply) => reply({ polling: data.length }));
b.on("question", (data, reply) => reply(Buffer.from(data).reverse(), "two"));
const name = (sid) => ({ [a.id]: "a", [b.id]: "b", [silent.id]: "silent" })[sid];
let answered;
for (const seconds of [0.3, 2, 6]) {
  answered = await ask(a, "ask everybody", seconds);
  if (answered.missing.length === 1) break; // on a busy machine an answer may take longer than the first of these times
}
print("broadcast", {
  answers: Object.fromEntries(Object.entries(answered.by_sid).map(([sid, value]) => [name(sid), value])),
  missing: answered.missing.map(name),
  timed_out: answered.timed_out,
});
const asking = ask(a, "ask everybody", 60); // much longer than an answer is waited for here
await next(silent, "question");
silent.disconnect();
const left = await asking;
print("one leaves", { missing: left.missing.map((sid) => name(sid) ?? "silent"), timed_out: left.timed_out });

// a middleware answers
print("middleware", await ask(b, "forbidden", 1));

// the server stops while a handler runs: plain uvicorn ends the WebSocket at once, our host when the handler has answered
const work = ask(b, "slow").catch((error) => error.message);
await next(b, "slow begins");
const reasons = Promise.all([next(a, "disconnect"), next(b, "disconnect"), next(x, "disconnect")]);
a.emit("stop");
print("work", await work);
print("reasons", (await reasons).map(([reason]) => reason));
for (const manager of [one, two]) manager._close();
