// Examples that are made from types: the same for the same contract, and valid wherever that can be told.

import type { Value } from "../values/json.js";
import { membersOf, issuesOf } from "../values/check.js";
import { SCALARS } from "../values/scalars.js";
import type { Contract } from "./contract.js";
import type { Constraints, Field, RecordType, ScalarType, Type } from "./ir.js";
import { patternExample } from "./pattern_example.js";

/** From this depth on, lists and maps are empty and values null where they may be, and unions take their simplest member. */
const DEEP = 4;

/** Make a value of a type; `hint` is the name of the field, from which texts are made. */
export function example(contract: Contract, type: Type, hint = "", depth = 0): Value {
  const found = contract.resolve(type);
  switch (found.kind) {
    case "scalar":
      return scalar(contract, found, hint);
    case "list": {
      const { min_items = 0, max_items = 1 } = found.constraints ?? {};
      const count = Math.max(min_items, depth < DEEP && max_items > 0 ? 1 : 0);
      return Array.from({ length: count }, () => example(contract, found.item, singular(hint), depth + 1));
    }
    case "map":
      return depth >= DEEP && !found.constraints?.min_items ? {} : { [mapKey(contract, found.key)]: example(contract, found.value, singular(hint), depth + 1) };
    case "tuple":
      return found.items.map((item) => example(contract, item, hint, depth + 1));
    case "literal":
      return found.values[0] ?? null;
    case "union":
      return example(contract, found.members[depth < DEEP ? 0 : contract.simplest(found.members)] as Type, hint, depth + 1);
    case "nullable":
      return depth >= DEEP ? null : example(contract, found.item, hint, depth + 1);
    case "enum":
      return found.members[0]?.value ?? "";
    case "record":
      return recordExample(contract, found, depth);
    case "tagged_union": {
      const members = membersOf(contract, found);
      const chosen = members[depth < DEEP ? 0 : contract.simplest(members.map(reference))];
      return chosen ? recordExample(contract, chosen, depth) : {};
    }
    case "python":
      return schemaExample(found.json_schema);
  }
}

export function fieldExamples(contract: Contract, fields: readonly Field[], depth = 0): { [name: string]: Value } {
  const wanted = fields.filter((field) => field.required !== false || (depth < 2 && !field.deprecated));
  return Object.fromEntries(wanted.map((field) => [field.name, field.default ? defaultOf(contract, field) : example(contract, field.type, field.name, depth + 1)]));
}

/** The default of a field as it travels: that of an `int64` is text there. */
function defaultOf(contract: Contract, field: Field): Value {
  const found = contract.resolve(field.type);
  const value = field.default?.value as Value;
  return found.kind === "scalar" && found.name === "int64" ? String(value) : value;
}

const recordExample = (contract: Contract, record: RecordType, depth: number): { [name: string]: Value } => ({ ...contract.tagOf(record), ...fieldExamples(contract, record.fields ?? [], depth) });

const reference = (record: RecordType): Type => ({ kind: "ref", name: record.name });

const singular = (name: string): string => (/[^s]s$/.test(name) ? name.slice(0, -1) : name);

function mapKey(contract: Contract, key: Type | undefined): string {
  const found = key ? example(contract, key, "key") : "key";
  return typeof found === "string" ? found : "key";
}

function scalar(contract: Contract, type: ScalarType, hint: string): Value {
  switch (type.name) {
    case "json":
    case "json_object":
      return { key: "value" };
    case "bytes":
      return Uint8Array.from({ length: Math.max(type.constraints?.min_length ?? 3, Math.min(type.constraints?.max_length ?? 3, 3)) }, (_, index) => index + 1);
    case "str":
      return text(contract, type, hint);
    case "int":
    case "float":
      return number(type.constraints ?? {}, type.name === "int");
    default:
      return SCALARS[type.name].example;
  }
}

function text(contract: Contract, type: ScalarType, hint: string): string {
  const { min_length = 0, max_length = 80, pattern } = type.constraints ?? {};
  const fit = (base: string): string => base.padEnd(min_length, base || "x").slice(0, max_length);
  const made = pattern === undefined ? [] : [patternExample(pattern) ?? ""];
  const candidates = [hint, hint.replaceAll("_", "-"), hint.replaceAll("_", " "), ...made, "text"];
  return candidates.map((each) => fit(each || "text")).find((each) => !issuesOf(contract, type, each).length) ?? fit(hint || "text");
}

function number(limits: Constraints, whole: boolean): number {
  const step = Number(limits.multiple_of ?? (whole ? 1 : 0));
  const low = limits.ge ?? limits.gt;
  const high = limits.le ?? limits.lt;
  let found = whole ? 1 : 0.5;
  if (low !== undefined && found <= Number(low)) found = Number(low) + (limits.gt === undefined ? 0 : whole ? 1 : 0.5);
  if (high !== undefined && found > Number(high)) found = Number(high) - (limits.lt === undefined ? 0 : whole ? 1 : 0.5);
  return step ? Math.ceil(found / step) * step : found;
}

function schemaExample(schema: unknown): Value {
  const kinds: { readonly [type: string]: Value } = { string: "text", integer: 1, number: 0.5, boolean: true, array: [], object: {} };
  if (typeof schema !== "object" || schema === null) return {};
  const { type, examples } = schema as { type?: unknown; examples?: unknown };
  if (Array.isArray(examples) && examples.length) return examples[0] as Value;
  return typeof type === "string" ? (kinds[type] ?? null) : {};
}
