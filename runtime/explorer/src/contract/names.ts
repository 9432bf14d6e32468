// Names of generated code, as codegen/ackord/codegen/casing.py and the targets make them. What is reserved is that of reserved.py of each target.

import type { Contract } from "./contract.js";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const PYTHON = words(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield",
);
const TYPESCRIPT = words(
  "Array AsyncIterableIterator Date Error Object Promise Uint8Array arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield",
);
const MODEL =
  "construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json update_forward_refs validate model_config model_computed_fields model_construct model_copy model_dump model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name model_post_init model_rebuild model_validate model_validate_json model_validate_strings unwrap";
/** What the attributes of each kind of class may not be called. */
const PYTHON_RESERVED = {
  argument: words("types events server client client_sync emitter emitter_sync contract self cls ctx timeout"),
  field: words(MODEL),
  parameter: words("parse path template"),
  method: words("active connect connected disconnect recovered server_contract sid socket on_connect on_connect_error on_disconnect on_reconnect_attempt"),
} as const;
const TYPESCRIPT_METHODS = words(
  "__proto__ hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf connect connected constructor disconnect endReason ends fail failures finish handlers heardEvents invalidListeners onConnect onConnectError onDisconnect onInvalid readRefusal reconnects refusal refusals retries socket then",
);

/** The name of a type of the contract in Python, or in TypeScript. */
export const pythonType = (name: string): string => (PYTHON.has(name) ? `${name}_` : name);
export const typeScriptType = (name: string): string => (TYPESCRIPT.has(name) ? `${name}_` : name);

/** The name of a class that is derived from that of a namespace: names of the contract go first. */
export function derived(contract: Contract, name: string): string {
  const rooms = contract.rooms.map((room) => camel(room.name)).map((room) => (room.endsWith("Room") ? room : `${room}Room`));
  return [...contract.types, ...contract.errors].some((each) => each.name === name) || rooms.includes(name) ? `${name}_` : name;
}

export const camel = (name: string): string => name.split("_").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");

function lowerCamel(name: string): string {
  const whole = camel(name);
  return whole.charAt(0).toLowerCase() + whole.slice(1);
}

/** The name of a member of an enumeration. */
export function constant(text: string): string {
  const words = text.replace(/([a-z0-9])(?=[A-Z])/g, "$1_").normalize("NFKC").toUpperCase();
  const plain = words.replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/_+/g, "_").replace(/^_|_$/g, "");
  return /^\d/.test(plain) ? `N${plain}` : plain || "EMPTY";
}

export function pythonName(name: string, kind: keyof typeof PYTHON_RESERVED, exports: ReadonlySet<string> = new Set()): string {
  const plain = name.replace(/^_+/, "");
  const public_ = plain === name || plain.endsWith("_") ? plain : `${plain}_`;
  return PYTHON.has(public_) || PYTHON_RESERVED[kind].has(public_) || exports.has(public_) ? `${public_}_` : public_;
}

export function typeScriptMethod(identifier: string): string {
  const name = lowerCamel(identifier);
  return TYPESCRIPT_METHODS.has(name) ? `${name}_` : name;
}

/** The name of a variable. */
export function typeScriptName(identifier: string): string {
  const name = lowerCamel(identifier);
  return TYPESCRIPT.has(name) ? `${name}_` : name;
}
