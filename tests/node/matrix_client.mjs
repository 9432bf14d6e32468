// One npm client against tests/interop/matrix_server.py: `node matrix_client.mjs URL PACKAGE PARSER [RECOVERY_URL]`.
// RECOVERY_URL is of a server with connection state recovery; PACKAGE is socket.io-client, or its alias of an older version; PARSER is json or msgpack.
// Prints a line of JSON for each step over each transport, {"MODE: STEP": what was observed}; tests/interop/test_matrix.py says what it must be.
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import msgpack from "socket.io-msgpack-parser";

const [target, packageName, parserName, recoveryTarget] = process.argv.slice(2);
const { Manager } = (await import(packageName)).default;
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const parser = parserName === "msgpack" ? { parser: msgpack } : {};
process.on("unhandledRejection", () => {}); // a step that failed has said so

/** What stands between client and server, so that the network itself can be cut. */
async function networkTo(target) {
  const pipes = new Set();
  const listener = createServer((near) => {
    const far = connect(new URL(target).port, "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on("error", () => {}).on("close", () => (near.destroy(), far.destroy(), pipes.delete(near)));
    pipes.add(near);
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    // Cut connections until the client has noticed: over long-polling a GET must be parked.
    async cut(noticed) {
      const cutting = setInterval(() => pipes.forEach((pipe) => pipe.resetAndDestroy()), 50);
      await noticed.finally(() => clearInterval(cutting));
    },
  };
}
const network = await networkTo(target);

function open(manager, namespace = "/", auth = undefined) {
  const socket = manager.socket(namespace, { auth });
  socket.connect();
  return socket;
}

function next(target, event, within = 8000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} came`)), within);
    target.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

// Version 3 has neither timeouts nor promises for acknowledgements.
function ask(socket, event, ...args) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${event} wasn't acknowledged`)), 8000);
    socket.emit(event, ...args, (...values) => {
      clearTimeout(timer);
      resolve(values);
    });
  });
}

const bytes = (value) => value instanceof Uint8Array || value instanceof ArrayBuffer;
const digest = (value) => createHash("sha256").update(typeof value === "string" ? value : Buffer.from(value)).digest("hex");

/** What can be printed: bytes as {"bytes": hex}, and text in code units so that lone surrogates are seen. */
const plain = (value) => {
  if (bytes(value)) return { bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
};
const units = (text) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));

const STEPS = {
  async text(manager, socket) {
    return ask(socket, "echo", "plain", "", 0, -1, 1.5, 2 ** 53, 1e-7, true, null, [], {}, [[["deep"]]], { "": { a: [1, { b: null }] } });
  },
  async "numbers beyond 64 bits"(manager, socket) {
    return ask(socket, "echo", 1e21, -1.5e300);
  },
  async "no arguments"(manager, socket) {
    return [await ask(socket, "echo"), await (socket.emit("tell"), next(socket, "told"))];
  },
  async binary(manager, socket) {
    const value = { list: [Buffer.from([1, 2, 3]), { inner: new Uint8Array([0, 255]), none: Buffer.alloc(0) }], text: "beside" };
    return ask(socket, "echo", value, Buffer.from("last"));
  },
  async "binary without acknowledgement"(manager, socket) {
    socket.emit("tell", { a: Buffer.from([9]) }, new Uint8Array([8, 7]).buffer);
    return next(socket, "told");
  },
  async unicode(manager, socket) {
    return ask(socket, "echo", "grüß 日本 \u0000\u001e\u2028\u2029\ufeff \"\\/ e\u0301", "😀👩‍👩‍👧 𝄞", { "ключ 🔑": "😀" });
  },
  async "lone surrogates"(manager, socket) {
    const [before, pair, after] = await ask(socket, "echo", "a\ud800b", "\ud83d\ude00", "\udc00");
    return [units(before), units(pair), units(after), await ask(socket, "echo", "still here")];
  },
  async "a megabyte of text"(manager, socket) {
    const text = "0123456789abcdef".repeat(65536);
    const [back] = await ask(socket, "echo", text);
    return [back.length, digest(back) === digest(text)];
  },
  async "a megabyte of bytes"(manager, socket) {
    const data = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 7919) % 251));
    const [back] = await ask(socket, "echo", { data });
    return [back.data.byteLength ?? back.data.length, digest(back.data) === digest(data)];
  },
  async "many at once"(manager, socket) {
    const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(socket, "echo", index, Buffer.from([index]))));
    return replies.every(([number, data], index) => number === index && data[0] === index && data.length === 1);
  },
  async "acks both ways"(manager, socket) {
    socket.on("question", (...args) => args.pop()(args.length, ...args));
    return ask(socket, "ask", "what?", { data: Buffer.from([5, 6]) });
  },
  async "several namespaces on one connection"(manager, socket) {
    const [second, third] = [open(manager, "/second", { of: "second" }), open(manager, "/third")];
    await Promise.all([next(second, "connect"), next(third, "connect")]);
    const heard = [];
    const done = new Promise((resolve) => {
      for (const each of [socket, second, third])
        each.on("told", (name, data, number) => {
          heard.push([name, data.length, number]);
          if (heard.length === 60) resolve();
        });
    });
    for (let number = 0; number < 20; number++) for (const each of [socket, second, third]) each.emit("tell", Buffer.alloc(number), number);
    await done;
    const orderly = ["/", "/second", "/third"].map((name) =>
      heard.filter((item) => item[0] === name).every(([, length, number], index) => length === index && number === index));
    const [[of], [none]] = await Promise.all([ask(second, "who"), ask(third, "who")]);
    const who = [[of.namespace, of.auth.of === "second"], [none.namespace, Object.keys(none.auth).length === 0]];
    const ids = new Set([socket.id, second.id, third.id, manager.engine.id]).size;
    socket.off("told");
    second.disconnect();
    third.disconnect();
    return { orderly, who, ids, connected: [socket.connected, second.connected] };
  },
  async "refused auth"(manager, socket) {
    const refused = open(manager, "/private", { word: "friend" });
    const [error] = await next(refused, "connect_error");
    const beside = await ask(socket, "echo", "goes on");
    refused.auth = { word: "sesame" };
    refused.connect();
    await next(refused, "connect");
    const welcome = await ask(refused, "who");
    refused.disconnect();
    return { message: error.message, data: error.data, beside, welcome: welcome[0].auth };
  },
  async "a cut connection is opened again"(manager, socket) {
    const before = socket.id;
    manager.reconnection(true);
    await network.cut(next(socket, "disconnect"));
    await next(socket, "connect");
    return { renewed: socket.id !== before, works: await ask(socket, "echo", 1) };
  },
};

if (recoveryTarget) {
  const fragile = await networkTo(recoveryTarget);
  STEPS["recovery after a cut connection"] = async (manager) => {
    const { transports } = manager.opts;
    const ada = open(new Manager(fragile.url, { transports, reconnectionDelay: 300, randomizationFactor: 0, autoConnect: false, ...parser }));
    const bob = open(new Manager(recoveryTarget, { transports, autoConnect: false, ...parser }));
    await Promise.all([next(ada, "connect"), next(bob, "connect")]);
    if (transports.length > 1 && ada.io.engine.transport.name === "polling") await next(ada.io.engine, "upgrade");
    const room = `room of ${bob.id}`;
    const heard = [];
    ada.on("news", (number, data) => heard.push([number, data]));
    ada.emit("join", room);
    await ask(ada, "who");
    const { id } = ada;
    const publish = async (...numbers) => {
      for (const number of numbers) bob.emit("publish", room, number, Buffer.from([number]));
      bob.emit("publish", "another room", -1, Buffer.alloc(1));
      await ask(bob, "who");
    };
    const [first] = [next(ada, "news"), await publish(1, 2)];
    await first;
    await fragile.cut(next(ada, "disconnect"));
    await publish(3, 4, 5);
    await next(ada, "connect");
    await publish(6);
    const [{ rooms }] = await ask(ada, "who");
    const observed = { recovered: ada.recovered, same: ada.id === id, rooms, heard };
    ada.disconnect();
    bob.disconnect();
    return observed;
  };
}

for (const [mode, transports] of Object.entries(TRANSPORTS)) {
  const manager = new Manager(network.url, { transports, reconnection: false, reconnectionDelay: 20, autoConnect: false, ...parser });
  const socket = open(manager, "/", { name: "ada" });
  const upgraded = async () => {
    if (mode === "upgrade" && manager.engine.transport.name !== "websocket") await next(manager.engine, "upgrade");
  };
  const report = (step, value) => console.log(JSON.stringify({ [`${mode}: ${step}`]: plain(value) ?? null }));
  try {
    await next(socket, "connect");
    await upgraded();
    for (const [step, action] of Object.entries(STEPS)) report(step, await action(manager, socket).catch((error) => ({ failed: String(error) })));
    await upgraded(); // again, after the connection was cut
    report("transport", manager.engine.transport.name);
  } catch (error) {
    report("connect", { failed: String(error) });
  }
  manager.reconnection(false);
  socket.disconnect();
}
process.exit(0); // the timers of a client that failed would hold the process
