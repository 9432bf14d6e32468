import { Manager, type Socket } from "socket.io-client";
import { received, type Value } from "../values/json.js";
import { type Packet, Wire } from "./wire.js";

export type State = "disconnected" | "connecting" | "connected" | "reconnecting";
export type Transports = "websocket, then polling" | "websocket" | "polling";

export interface Target {
  /** The origin of the server. */
  readonly url: string;
  /** Where it serves Socket.IO, as "/socket.io/". */
  readonly path: string;
}

export interface Refusal { readonly message: string; readonly data: Value }

export interface Listener {
  state(state: State, detail: string, wire: readonly Packet[]): void;
  /** The server refused the connection. */
  refused(refusal: Refusal, wire: readonly Packet[]): void;
  /** `answer` is there if the server asks for an acknowledgement. */
  event(name: string, args: readonly Value[], wire: readonly Packet[], answer: ((values: readonly Value[]) => readonly Packet[]) | null): void;
}

/** What came back for an event: values, or why there are none. */
export interface Answer { readonly values: readonly Value[] | "timeout" | "connection lost"; readonly ms: number; readonly wire: readonly Packet[] }

const TRANSPORTS: { readonly [name in Transports]: string[] } = {
  "websocket, then polling": ["websocket", "polling"],
  websocket: ["websocket"],
  polling: ["polling"],
};

/** One client of a namespace, with a connection of its own. */
export class Connection {
  readonly #manager: Manager;
  readonly #socket: Socket;
  readonly #wire = new Wire();
  #lastWire: readonly Packet[] = [];
  #closed = false;

  constructor(target: Target, namespace: string, auth: Value | undefined, transports: Transports, listener: Listener) {
    this.#manager = new Manager(target.url, {
      path: target.path,
      transports: TRANSPORTS[transports],
      tryAllTransports: true,
      autoConnect: false,
      reconnectionDelayMax: 5000,
    });
    this.#manager.on("packet", () => {
      this.#lastWire = this.#wire.next();
    });
    this.#manager.on("open", () => {
      this.#wire.reset();
      this.#wire.watch(this.#manager.engine);
    });
    this.#socket = this.#manager.socket(namespace, auth === undefined ? {} : { auth: auth as { [key: string]: unknown } });
    this.#listen(listener);
    listener.state("connecting", "", []);
    this.#socket.connect();
  }

  get id(): string {
    return this.#socket.id ?? "";
  }

  get transport(): string {
    return this.#manager.engine?.transport?.name ?? "";
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Send an event; `answered` is called with the acknowledgement, or when none can come any more. */
  send(name: string, args: readonly Value[], timeoutMs: number | null, answered: (answer: Answer) => void): readonly Packet[] {
    if (timeoutMs === null) return this.#wire.during(() => this.#socket.emit(name, ...args));
    const start = performance.now();
    const done = (error: Error | null, ...values: unknown[]): void =>
      answered({ values: error ? (this.#socket.connected ? "timeout" : "connection lost") : values.map(received), ms: performance.now() - start, wire: error ? [] : this.#lastWire });
    return this.#wire.during(() => this.#socket.timeout(timeoutMs).emit(name, ...args, done));
  }

  close(): void {
    this.#closed = true;
    this.#socket.disconnect();
  }

  #listen(listener: Listener): void {
    this.#socket.on("connect", () => listener.state("connected", this.#socket.recovered ? "the session was recovered" : "", this.#lastWire));
    this.#socket.on("connect_error", (error: Error & { data?: unknown }) => {
      if (this.#socket.active) listener.state("reconnecting", `no server answers (${error.message})`, []);
      else listener.refused({ message: error.message, data: received(error.data) }, this.#lastWire);
    });
    this.#socket.on("disconnect", (reason) => {
      if (this.#closed) return;
      const byServer = reason === "io server disconnect";
      listener.state(this.#socket.active ? "reconnecting" : "disconnected", byServer ? "by the server" : `the connection is lost (${reason})`, byServer ? this.#lastWire : []);
    });
    this.#socket.onAny((name: string, ...args: unknown[]) => {
      const last = args.at(-1);
      const ack = typeof last === "function" ? (last as (...values: unknown[]) => void) : null;
      const answer = ack && ((values: readonly Value[]) => this.#wire.during(() => ack(...values)));
      listener.event(name, (ack ? args.slice(0, -1) : args).map(received), this.#lastWire, answer);
    });
  }
}
