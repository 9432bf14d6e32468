import { toBase64, type Value, withoutBytes } from "../values/json.js";
import type { Call } from "./call.js";

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

/** The event as a command of the command line. */
export function commandSnippet(call: Call): string {
  const values = call.values.map((value) => quote(JSON.stringify(withoutBytes(value))));
  const auth = call.auth === undefined ? [] : ["--auth", quote(JSON.stringify(call.auth, encodeBytes))];
  const path = call.target.path === "/socket.io/" ? [] : ["--path", quote(call.target.path)];
  const last = values.some((value) => value.startsWith("-")) ? ["--", ...values] : values;
  return ["ackord call", ...auth, ...path, call.target.url, quote(call.path), quote(call.event.name), ...last].join(" ");
}

const encodeBytes = (_: string, value: Value): Value => (value instanceof Uint8Array ? toBase64(value) : value);
