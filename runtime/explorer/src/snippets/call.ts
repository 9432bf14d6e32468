import type { Contract } from "../contract/contract.js";
import type { Event, Namespace } from "../contract/ir.js";
import type { Target } from "../console/connection.js";
import { isBytes, isList, isObject, type Value } from "../values/json.js";

/** One event as it would be sent, for code that sends it. */
export interface Call {
  readonly contract: Contract;
  readonly namespace: Namespace;
  readonly event: Event;
  readonly target: Target;
  /** The name of the namespace, its parameters filled in. */
  readonly path: string;
  readonly params: { readonly [name: string]: Value };
  readonly auth: Value | undefined;
  readonly args: { readonly [name: string]: Value };
  /** The arguments as they travel. */
  readonly values: readonly Value[];
}

/** Bytes that are written out in code; of more, only their number is. */
const MOST_BYTES = 256;
export const isLong = (bytes: Uint8Array): boolean => bytes.length > MOST_BYTES;

/** The numbers of bytes that code doesn't write out; null if it writes out all. */
export function longBytes(call: Call): readonly number[] | null {
  const sizes = [...new Set([...call.values, call.auth ?? null].flatMap(sizesIn))];
  return sizes.length ? sizes : null;
}

function sizesIn(value: Value): readonly number[] {
  if (isBytes(value)) return isLong(value) ? [value.length] : [];
  if (isList(value)) return value.flatMap(sizesIn);
  return isObject(value) ? Object.values(value).flatMap(sizesIn) : [];
}

/** What whoever copies the code must know, as comments at its beginning. */
export const comments = (sign: string, notes: readonly (string | null)[]): string => notes.filter((note) => note !== null).map((note) => `${sign} ${note}\n`).join("");
