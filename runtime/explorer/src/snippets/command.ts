import { bytesAsText, isBytes, type Value, withoutBytes } from "../values/json.js";
import { type Call, comments, isLong } from "./call.js";

/** What no shell reads as anything but itself; the rest stands in quotes. */
const PLAIN = /^[\w@:,./-]+$/;
const FILE = "@FILE";

const quote = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
const argument = (value: Value): string => (isBytes(value) && isLong(value) ? FILE : quote(JSON.stringify(withoutBytes(value))));

/** The event as a command of the command line, for shells as bash and zsh. */
export function commandSnippet(call: Call): string {
  const auth = call.auth === undefined ? [] : ["--auth", quote(JSON.stringify(bytesAsText(call.auth)))];
  const path = call.target.path === "/socket.io/" ? [] : ["--path", quote(call.target.path)];
  const ack = call.event.acked ? [] : ["--no-ack"];
  const words = [call.target.url, quote(call.path), quote(call.event.name), ...call.values.map(argument)];
  const end = words.some((word) => word.startsWith("-")) ? ["--"] : []; // what follows is no option
  const note = words.includes(FILE) ? "Replace FILE by the name of a file with the bytes." : null;
  return comments("#", [note]) + ["ackord call", ...auth, ...path, ...ack, ...end, ...words].join(" ");
}
