// Values of events: JSON, with bytes anywhere.

export type Value = null | boolean | number | string | Uint8Array | readonly Value[] | { readonly [key: string]: Value };

export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

export const isObject = (value: Value | undefined): value is { readonly [key: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isBytes(value);

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** Whether there are bytes anywhere in a value. */
export const hasBytes = (value: Value): boolean => isBytes(value) || (isList(value) ? value.some(hasBytes) : isObject(value) && Object.values(value).some(hasBytes));

/** The member of an object with this key, if it has one of its own. */
export const member = (value: { readonly [key: string]: Value }, key: string): Value | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** Levels of lists and objects that are read: servers take no more by default, and what is nested deeper would overflow the stack somewhere. */
const DEEPEST = 100;

/** Turn what socket.io-client gives into values: its bytes are an ArrayBuffer. */
export const received = (value: unknown): Value => read(value, 0);

function read(value: unknown, depth: number): Value {
  if (depth > DEEPEST) return `… nested more than ${DEEPEST} deep`;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map((each) => read(each, depth + 1));
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, read(each, depth + 1)]));
  return value === undefined ? null : (value as Value);
}

const BINARY = "$base64";

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Write bytes as base64 text: the payload of CONNECT has no attachments. */
export function bytesAsText(value: Value): Value {
  if (isBytes(value)) return toBase64(value).replaceAll("+", "-").replaceAll("/", "_");
  if (isList(value)) return value.map(bytesAsText);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, bytesAsText(each)])) : value;
}

/** Replace bytes by `{"$base64": …}`, the form of `ackord call`. */
export function withoutBytes(value: Value): Value {
  if (isBytes(value)) return { [BINARY]: toBase64(value) };
  if (isList(value)) return value.map(withoutBytes);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutBytes(each)]));
  return value;
}

function withBytes(value: Value, depth = 0): Value {
  if (depth > DEEPEST) throw new SyntaxError(`nested more than ${DEEPEST} deep`);
  if (isList(value)) return value.map((each) => withBytes(each, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === BINARY && typeof first[1] === "string") return fromBase64(first[1]);
  return Object.fromEntries(entries.map(([key, each]) => [key, withBytes(each, depth + 1)]));
}

/** Read JSON in which `{"$base64": …}` stands for bytes; throws a `SyntaxError`. */
export function parseJson(text: string): Value {
  try {
    return withBytes(JSON.parse(text) as Value);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    throw new SyntaxError(`what stands under "${BINARY}" is no base64`);
  }
}

export const formatJson = (value: Value): string => JSON.stringify(withoutBytes(value), null, 2);
