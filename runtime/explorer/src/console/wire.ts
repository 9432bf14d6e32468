// The packets of one connection as they travel, told apart by what they belong to.

import type { Socket } from "socket.io-client";

type Engine = Socket["io"]["engine"];

/** One packet: the text of it, and the sizes of its attachments. */
export interface Packet { readonly sent: boolean; readonly text: string; readonly attachments: readonly number[] }

/** Characters of a packet that are kept to be shown: a peer may send any number. */
const LONGEST = 20_000;
const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}… ${text.length - LONGEST} more characters` : text);

interface EnginePacket { readonly type: string; readonly data?: unknown }

const sizeOf = (data: unknown): number => (data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0);

export class Wire {
  #sending: { text: string; attachments: number[] }[] | null = null;
  #arriving: { text: string; attachments: number[]; missing: number } | null = null;
  readonly #arrived: Packet[] = [];

  watch(engine: Engine): void {
    engine.on("packet", (packet: EnginePacket) => packet.type === "message" && this.#receive(packet.data));
    engine.on("packetCreate", (packet: EnginePacket) => packet.type === "message" && this.#send(packet.data));
  }

  /** Run what sends something; return the packets that it sends. */
  during(action: () => void): readonly Packet[] {
    const sending: { text: string; attachments: number[] }[] = [];
    this.#sending = sending;
    try {
      action();
    } finally {
      this.#sending = null;
    }
    return sending.map((each) => ({ ...each, sent: true }));
  }

  /** The packet that was decoded now: packets are decoded in the order of their arrival. */
  next(): readonly Packet[] {
    const packet = this.#arrived.shift();
    return packet ? [packet] : [];
  }

  reset(): void {
    this.#arrived.length = 0;
    this.#arriving = null;
  }

  #send(data: unknown): void {
    if (typeof data === "string") this.#sending?.push({ text: shortened(`4${data}`), attachments: [] });
    else this.#sending?.at(-1)?.attachments.push(sizeOf(data));
  }

  #receive(data: unknown): void {
    if (typeof data === "string") {
      const attachments = /^[56](\d+)-/.exec(data)?.[1];
      this.#arriving = { text: shortened(`4${data}`), attachments: [], missing: Number(attachments ?? 0) };
    } else if (this.#arriving) {
      this.#arriving.attachments.push(sizeOf(data));
      this.#arriving.missing -= 1;
    }
    if (this.#arriving && this.#arriving.missing <= 0) {
      const { text, attachments } = this.#arriving;
      this.#arrived.push({ sent: false, text, attachments });
      this.#arriving = null;
    }
  }
}
