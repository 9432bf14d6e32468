// The contract of chat.yaml as this page uses it: requests give their value or throw what the server said instead.
import { io } from "/vendor/socket.io.esm.min.js";

const ANSWER_WITHIN = 6000;

/** An error acknowledgement, or the refusal of a connection: what the contract declares, or one of the reserved codes. */
export class ContractError extends Error {
  constructor({ code, message, data, issues }) {
    super(message);
    this.code = code;
    this.data = data ?? {};
    this.issues = issues ?? [];
  }

  /** What to tell the user. */
  get text() {
    switch (this.code) {
      case "name_taken":
        return `Somebody is here as “${this.data.name}”. Take another name.`;
      case "not_in_room":
        return `You are not in #${this.data.room} any more. Join it first.`;
      case "too_many_rooms":
        return `You can be in ${this.data.limit} rooms at a time. Leave one first.`;
      case "invalid_request":
        return this.issues.map(describe).join(" ") || "The server found this invalid.";
      case "internal":
        return "The server failed to do this. It is not your fault.";
      default:
        return this.message || this.code;
    }
  }
}

function describe({ loc, type, msg }) {
  const place = loc?.at(-1);
  if (type === "string_pattern_mismatch" && place === "room") return "Use only a–z, 0–9 and “-”, up to 32 of them.";
  if (type === "literal_error" && place === "mime") return "Only PNG, JPEG, GIF and WebP pictures can be sent.";
  return `${place ?? "value"}: ${msg}.`;
}

/** Connect as `name`. Reconnecting is socket.io-client's work; joining the rooms again is the caller's. */
export function connect(name) {
  return io("/chat", { auth: { name }, forceNew: true, reconnectionDelayMax: 3000 });
}

/** What a `connect_error` says: a ContractError if the server refused, else null (the network, and it is tried again). */
export function refusal(error) {
  if (error.data === undefined) return null;
  return new ContractError({ message: error.message, code: error.data.code, data: error.data.data, issues: error.data.issues });
}

/** Emit, wait for the acknowledgement, return its value. */
export async function request(socket, event, ...args) {
  let reply;
  try {
    reply = await socket.timeout(ANSWER_WITHIN).emitWithAck(event, ...args);
  } catch {
    throw new ContractError({ code: "no_answer", message: "The server did not answer. Check the connection and try again." });
  }
  if (isFailure(reply)) throw new ContractError(reply.error);
  return RESULT_STYLE.has(event) ? reply.ok : reply;
}

/** A failure is one object with the one key `error`, whose value has a `code`. */
function isFailure(reply) {
  return typeof reply?.error?.code === "string" && Object.keys(reply).length === 1;
}

/** Events with `acks: result` answer {"ok": value}; all others answer the value itself. */
const RESULT_STYLE = new Set(["rooms"]);
