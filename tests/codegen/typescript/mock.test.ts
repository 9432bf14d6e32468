// A front end's tests without a server: run by vitest.
import { expect, test } from "vitest";
import {
  ChatClient,
  DateTime,
  type Message,
  RoomName,
  UserName,
  fail,
  ok,
  unwrap,
} from "./chat/index.js";
import { MockChatServer } from "./chat/mock.js";
import {
  DateTime as At,
  Decimal,
  Int64,
  PlainDate,
  type Row,
  UnknownMood,
} from "./travels/index.js";
import { MockAllServer } from "./travels/mock.js";

const room = RoomName("lobby");
const message: Message = {
  id: 1,
  room,
  author: UserName("ada"),
  sent_at: DateTime("2024-02-29T12:00:00Z"),
  body: { kind: "image", mime: "image/png", data: Uint8Array.of(1, 2) },
};
const row: Row = {
  id: 1,
  at: At("2024-02-29T12:00:00Z"),
  big: Int64("1"),
  price: Decimal("1"),
  blob: Uint8Array.of(7),
};

test("the history is shown on joining", async () => {
  const server = new MockChatServer({ join: () => ok({ members: [], history: [message] }) });
  const chat = await server.connect();
  const { history } = await unwrap(chat.join(room));
  expect(history).toEqual([message]);
  expect(server.received).toEqual([{ event: "join", args: [room] }]);
});

test("handlers answer with declared errors, and what has none with unknown_event", async () => {
  const chat = new MockChatServer({
    sendMessage: (to) => fail({ code: "not_in_room", message: "no", data: { room: to } }),
  }).client();
  expect(await chat.sendMessage(room, message.body)).toEqual({
    ok: false,
    error: { code: "not_in_room", message: "no", data: { room } },
  });
  expect(await chat.leave(room)).toMatchObject({
    ok: false,
    error: { code: "unknown", receivedCode: "unknown_event" },
  });
});

test("events reach listeners and iterators at once, with bytes of their own", async () => {
  const server = new MockChatServer();
  const chat = server.client();
  const heard: Message[] = [];
  const stop = chat.onMessagePosted((each) => heard.push(each));
  const iterator = chat.messagePosted();
  server.messagePosted(message);
  stop();
  server.messagePosted(message);
  expect(heard).toEqual([message]);
  expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([
    message,
    message,
  ]);
  expect(heard[0]?.body).not.toBe(message.body);
});

test("a server asks, and its client answers", async () => {
  const server = new MockChatServer();
  await expect(server.stillThere("?")).rejects.toThrow("no client");
  const chat = server.client();
  await expect(server.stillThere("?")).rejects.toThrow("unknown_event");
  chat.onStillThere(async (question) => question === "?");
  expect(await server.stillThere("?")).toBe(true);
});

test("a lost connection fails what waits, and what is sent meanwhile arrives later", async () => {
  const server = new MockChatServer({ leave: () => new Promise<boolean>(() => undefined) });
  const chat = server.client();
  const seen: unknown[] = [];
  chat.onDisconnect((reason) => seen.push(reason));
  chat.onConnect(() => seen.push("connect"));
  const pending = chat.leave(room);
  server.disconnect();
  await expect(pending).rejects.toThrow("the connection was lost");
  await expect(chat.rooms({ timeout: 1 })).rejects.toThrow("no answer in time");
  chat.typing(room);
  expect([chat.connected, server.received.length]).toEqual([false, 1]);
  server.reconnect();
  expect(server.received.slice(1)).toEqual([{ event: "typing", args: [room, true] }]);
  expect(seen).toEqual(["transport close", "connect"]);
  await expect(chat.leave(room, { timeout: 1 })).rejects.toThrow("no answer in time");
});

test("an event that came too soon is sent again after the pause that the server names", async () => {
  const tooSoon = (seconds: number) => ({
    error: { code: "rate_limited", message: "", data: { retry_after: seconds } },
  });
  const answers: unknown[] = [tooSoon(0.02), tooSoon(0.01), tooSoon(0), [], tooSoon(61)];
  let asked = 0;
  const wire = {
    connected: true,
    active: true,
    on: () => undefined,
    off: () => undefined,
    connect: () => undefined,
    disconnect: () => undefined,
    emit: () => undefined,
    timeout: () => ({
      emit: (_event: string, ...args: unknown[]) =>
        (args.pop() as (...answer: unknown[]) => void)(null, answers[asked++]),
    }),
  };
  const chat = new ChatClient(wire);
  const began = Date.now();
  const refused = { ok: false, error: { receivedCode: "rate_limited" } };
  expect(await chat.rooms({ retries: 1 })).toMatchObject(refused);
  expect([asked, Date.now() - began >= 19]).toEqual([2, true]);
  chat.retries = 1;
  expect(await chat.rooms()).toMatchObject({ ok: true });
  expect(await chat.rooms()).toMatchObject(refused);
  expect(asked).toBe(5);
});

test("a client knows that its authentication has expired", () => {
  const listeners = new Map<string, ((...args: unknown[]) => void)[]>();
  const fire = (event: string, ...args: unknown[]): void =>
    listeners.get(event)?.forEach((each) => each(...args));
  const chat = new ChatClient({
    connected: true,
    active: false,
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: () => undefined,
    connect: () => undefined,
    disconnect: () => undefined,
    emit: () => undefined,
    timeout: () => ({ emit: () => undefined }),
  });
  const seen: string[] = [];
  chat.onDisconnect((reason) => seen.push(reason));
  for (const notice of ["ackord:auth_expired", "else"]) {
    fire("connect");
    fire(notice);
    fire("disconnect", "io server disconnect");
  }
  expect(seen).toEqual(["auth_expired", "io server disconnect"]);
});

test("a refused connection is what the contract declares", async () => {
  const server = new MockChatServer();
  server.refusal = { code: "name_taken", message: "Take another", data: { name: UserName("ada") } };
  const error: unknown = await server.connect().catch((caught: unknown) => caught);
  if (!ChatClient.isRefused(error) || error.error.code !== "name_taken") throw error;
  expect(error.error.data.name).toBe("ada");
  const all = new MockAllServer();
  const data = { until: PlainDate("2030-01-02"), seal: Uint8Array.of(251, 255, 0), either: "text" };
  all.refusal = { code: "closed", message: "", data };
  await expect(all.connect()).rejects.toMatchObject({ error: { code: "closed", data } });
});

test("every value travels as over a network", async () => {
  const got: unknown[] = [];
  const server = new MockAllServer({
    echo: (each) =>
      each.id > 0 ? ok(each) : fail({ code: "refused", message: "", data: { row: each } }),
    tell: (...args) => void got.push(...args),
    split: (text) => [text, 1, [Uint8Array.of(1)]],
    table: () => ({ error: 1 }),
    optional: (...args) => args.map((each) => each ?? null),
  });
  const all = server.client();
  expect(await unwrap(all.echo(row))).toEqual(row);
  expect(await all.echo({ ...row, id: 0 })).toMatchObject({
    error: { data: { row: { blob: row.blob } } },
  });
  all.tell(1);
  all.tell(2, UnknownMood("so-so"));
  expect(got).toEqual([1, "good", 2, "so-so"]);
  expect(await unwrap(all.split("a"))).toEqual(["a", 1, [Uint8Array.of(1)]]);
  expect(await unwrap(all.table())).toEqual({ error: 1 });
  expect(await unwrap(all.optional(1, undefined, 2))).toEqual([1, null, 2]);
  const posts: unknown[] = [];
  all.onPosted((...args) => posts.push(args));
  server.posted(row);
  expect(posts).toEqual([[row, undefined, 3]]);
  all.onAskRow((each) => ok(each));
  all.onAskSplit(() => [true, null]);
  all.onAskTable(() => ({ error: 2 }));
  expect([await server.askRow(row), await server.askSplit(), await server.askTable()]).toEqual([
    ok(row),
    [true, null],
    { error: 2 },
  ]);
});

test("iterators end when a client leaves, or is refused, while it isn't connected", async () => {
  const server = new MockChatServer();
  const chat = server.client();
  const waiting = chat.messagePosted().next();
  server.disconnect();
  chat.disconnect();
  expect(await waiting).toEqual({ done: true, value: undefined });
  chat.connect();
  const refused = chat.messagePosted();
  const next = refused.next();
  server.disconnect();
  server.refusal = { code: "name_taken", message: "name_taken", data: { name: UserName("ada") } };
  server.reconnect();
  await expect(next).rejects.toMatchObject({ error: { code: "name_taken" } });
  expect(await refused.next()).toEqual({ done: true, value: undefined });
  expect(chat.ends.size).toBe(0);
});
