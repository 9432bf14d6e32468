// What a client that validates sends, and what its application gets.
import { BoundaryClient, InvalidPayloadError, fail, ok } from "./boundary/index.js";
import type { AnySocket } from "./boundary/runtime.js";

declare const process: {
  on(event: "unhandledRejection", listener: (error: unknown) => void): void;
  exit(): void;
};

type Listener = (...args: unknown[]) => void;

/** A connected socket in memory. */
class Wire implements AnySocket {
  readonly connected = true;
  active = true;
  readonly sent: unknown[][] = [];
  private readonly listeners = new Map<string, Set<Listener>>();
  answer: unknown[] = [];

  connect(): this {
    return this;
  }
  disconnect(): this {
    return this;
  }
  on(event: string, listener: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }
  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }
  emit(...args: unknown[]): void {
    this.sent.push(args);
  }
  timeout(): { emit: (...args: unknown[]) => void } {
    return {
      emit: (...args) => {
        const ack = args.pop() as Listener;
        this.sent.push(args);
        ack(null, ...this.answer);
      },
    };
  }
  receive(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...args);
  }
  count(event: string): number {
    return this.listeners.get(event)?.size ?? 0;
  }
}

const lines: unknown[][] = [];
const say = (...line: [string, ...unknown[]]): void => void lines.push(line);
const said = (error: unknown): unknown =>
  error instanceof InvalidPayloadError ? `invalid ${error.message}` : String(error);
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
console.warn = (text: string) => say("warned", text);
process.on("unhandledRejection", (error) => say("unhandled", said(error)));

const socket = new Wire();
const client = new BoundaryClient(socket);

// Events of the client.
client.tell("abc");
try {
  client.tell("abcd", 1.5);
} catch (error) {
  say("thrown", said(error));
}
say("sent", socket.sent.splice(0));
await client.ask(0.5).catch((error: unknown) => say("rejected", said(error)));
say("sent", socket.sent.splice(0));
for (const answer of [
  [5],
  [-1],
  [],
  [{ error: { code: "full", message: "", data: { limit: 3 } } }],
  [{ error: { code: "full", message: "", data: { limit: "3" } } }],
  [{ error: { code: "other", message: "", data: { limit: "3" } } }],
]) {
  socket.answer = answer;
  await client.ask(1).then(
    (result) => say("answer", result),
    (error: unknown) => say("rejected", said(error)),
  );
}
for (const answer of [[1], [1, new ArrayBuffer(2)], ["1"], [1, "x"]]) {
  socket.answer = answer;
  await client.split().then(
    (result) => say("answer", result),
    (error: unknown) => say("rejected", said(error)),
  );
}

// Events of the server.
const posted = (n: number, data: Uint8Array, why: string): void =>
  say("posted", [n, data.length, why]);
const stop = [client.onPosted(posted), client.onPosted(posted)];
const stream = client.posted();
socket.receive("posted", 1, new ArrayBuffer(2));
socket.receive("posted", "1", new ArrayBuffer(3), null);
say("listeners", socket.count("posted"));
const forget = client.onInvalid((error, event) => say("reported", [event, error.issues]));
socket.receive("posted", 2, "x");
forget();
socket.receive("posted", 3, new ArrayBuffer(0), 7);
socket.receive("posted", 4, new ArrayBuffer(1));
say("next", (await stream.next()).value?.[0]);
say("next", (await stream.next()).value?.[0]);
stop.forEach((each) => each());
await stream.return?.();
socket.receive("posted", 5, new ArrayBuffer(1));
say("listeners", socket.count("posted"));

// Questions of the server.
client.onQuestion((n) => {
  if (n === 1) return ok("yes");
  if (n === 2) return ok("too long");
  return fail({ code: "full", message: "", data: { limit: n === 3 ? 3 : 0.5 } });
});
for (const n of [1, 2, 3, 4, "5"]) {
  socket.receive("question", n, (...answer: unknown[]) => say(`answer to ${n}`, answer));
  await settled();
}

// Refused connections.
client.onConnectError((error) => {
  if (BoundaryClient.isRefused(error)) say("refused", error.error, "data" in error.error);
});
socket.active = false;
for (const data of [
  { code: "full", data: { limit: 3 } },
  { code: "full", data: { limit: "3" } },
  { code: "hint" },
  { code: "bare" },
])
  socket.receive("connect_error", Object.assign(new Error(data.code), { data }));
console.log(JSON.stringify(lines));
process.exit();
