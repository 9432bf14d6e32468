// Carries values of generated contracts from Python through the clients and back: reads
// {"packages": [[{what, text, attachments}, …], …]} from standard input, prints the same with what
// came out.
import { type AnySocket } from "./travel0/runtime.js";
import { packages } from "./packages.js";

type Listener = (...args: unknown[]) => void;
interface Packet {
  readonly what: "event" | "answer" | "answers";
  /** The arguments as JSON, after its name for an event; placeholders stand for attachments. */
  readonly text: string;
  /** In base64. */
  readonly attachments: readonly string[];
}

class Wire implements AnySocket {
  readonly connected = true;
  readonly active = true;
  readonly listeners = new Map<string, Listener>();
  /** What the server answers next. */
  answer: readonly unknown[] = [];
  sent: readonly unknown[] = [];

  on(event: string, listener: Listener): void {
    this.listeners.set(event, listener);
  }
  off(): void {}
  connect(): void {}
  disconnect(): void {}
  emit(_event: string, ...args: unknown[]): void {
    this.sent = args;
  }
  timeout(): { emit(event: string, ...args: unknown[]): void } {
    return { emit: (_event, ...args) => void (args.pop() as Listener)(null, ...this.answer) };
  }
  /** Ask the client, and return the arguments of its answer. */
  ask(event: string): Promise<readonly unknown[]> {
    return new Promise((resolve) =>
      this.listeners.get(event)?.((...answer: unknown[]) => resolve(answer)),
    );
  }
}

function received(packet: Packet): unknown[] {
  const place = (_key: string, value: unknown): unknown => {
    const found = value as { _placeholder?: boolean; num?: number } | null;
    if (typeof found !== "object" || found?._placeholder !== true) return value;
    return Uint8Array.from(atob(packet.attachments[found.num ?? -1] ?? ""), (each) =>
      each.charCodeAt(0),
    ).buffer;
  };
  return JSON.parse(packet.text, place) as unknown[];
}

function packed(what: Packet["what"], args: readonly unknown[]): Packet {
  const attachments: string[] = [];
  const text = JSON.stringify(args, (_key, value: unknown) => {
    if (value instanceof ArrayBuffer) throw new TypeError(`an ArrayBuffer came through: ${what}`);
    if (!(value instanceof Uint8Array)) return value;
    attachments.push(btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join("")));
    return { _placeholder: true, num: attachments.length - 1 };
  });
  return { what, text, attachments };
}

async function carry(make: (typeof packages)[number], packet: Packet): Promise<Packet> {
  const wire = new Wire();
  const client = make(wire);
  const args = received(packet);
  if (packet.what === "event") {
    client.onTwo((a, b) => client.one(a, b));
    wire.listeners.get("two")?.(...args.slice(1));
    return packed(packet.what, [args[0], ...wire.sent]);
  }
  wire.answer = args;
  if (packet.what === "answer") {
    const result = await client.single();
    if (!result.ok || result.value === undefined) throw new TypeError(packet.text);
    client.onAsk(() => result.value);
    return packed(packet.what, await wire.ask("ask"));
  }
  const result = await client.many();
  if (!result.ok) throw new TypeError(packet.text);
  client.onAskMany(() => result.value);
  return packed(packet.what, await wire.ask("ask_many"));
}

declare const process: { stdin: AsyncIterable<{ toString(): string }> };
let input = "";
for await (const chunk of process.stdin) input += chunk.toString();
const given = JSON.parse(input) as { packages: Packet[][] };
const out: Packet[][] = [];
for (const [index, packets] of given.packages.entries()) {
  const make = packages[index] as (typeof packages)[number];
  const failed = (packet: Packet) => (error: unknown) => {
    throw new Error(`package ${index}: ${JSON.stringify(packet)}`, { cause: error });
  };
  out.push(await Promise.all(packets.map((packet) => carry(make, packet).catch(failed(packet)))));
}
console.log(JSON.stringify(out));
