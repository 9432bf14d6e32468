// What an acknowledgement says: success or an error, in the forms of docs/wire.md.

import type { Contract } from "../contract/contract.js";
import type { Event, Field } from "../contract/ir.js";
import { Checker, type Issue, type Location } from "../values/check.js";
import { isList, isObject, member, type Value } from "../values/json.js";

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly data: Value | undefined;
  readonly issues: readonly Issue[];
}

export type Reply =
  | { readonly ok: true; readonly values: readonly Value[]; readonly problems: readonly Issue[] }
  | { readonly ok: false; readonly failure: Failure; readonly declared: boolean };

export function readReply(contract: Contract, event: Event, values: readonly Value[]): Reply {
  const failure = values.length === 1 ? readFailure(values[0]) : null;
  if (failure) return { ok: false, failure, declared: contract.errorsOf(event.errors).some((each) => each.code === failure.code) };
  const [first] = values;
  if (event.ack_style !== "result") return { ok: true, values, problems: problemsOf(contract, event, values) };
  const inner = isObject(first) ? member(first, "ok") : undefined;
  if (inner === undefined) return { ok: true, values, problems: [{ loc: [], msg: 'must be {"ok": …} or {"error": …}' }] };
  return { ok: true, values: [inner], problems: problemsOf(contract, event, [inner]) };
}

/** Read `{"error": {…}}`; null for anything else. */
function readFailure(value: Value | undefined): Failure | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null;
  const error = member(value, "error");
  if (!isObject(error)) return null;
  const code = member(error, "code");
  if (typeof code !== "string") return null;
  const message = member(error, "message");
  return { code, message: typeof message === "string" ? message : "", data: member(error, "data"), issues: readIssues(member(error, "issues")) };
}

export function readIssues(value: Value | undefined): readonly Issue[] {
  if (!isList(value)) return [];
  return value.filter(isObject).map((issue) => {
    const loc = member(issue, "loc");
    const msg = member(issue, "msg");
    return { loc: isList(loc) ? (loc.filter((part) => typeof part === "string" || typeof part === "number") as Location) : [], msg: typeof msg === "string" ? msg : "isn't valid" };
  });
}

/** The fields of an acknowledgement: its arguments, or its one value. */
export function ackFields(event: Event): readonly Field[] {
  if (event.ack_args) return event.ack_args;
  return event.ack ? [{ name: "value", type: event.ack }] : [];
}

export const namesOf = (fields: readonly Field[] | undefined): readonly string[] => (fields ?? []).map((field) => field.name);

function problemsOf(contract: Contract, event: Event, values: readonly Value[]): readonly Issue[] {
  const fields = ackFields(event);
  if (!fields.length) return [];
  return argumentProblems(contract, fields, values, event.ack_args === undefined);
}

/** What is wrong with positional values; null is absence for an optional one. */
export function argumentProblems(contract: Contract, fields: readonly Field[], values: readonly Value[], single = false): readonly Issue[] {
  const checker = new Checker(contract);
  if (single && fields[0]) checker.value(fields[0].type, values[0] ?? null, []);
  else checker.fields(fields, named(fields, values));
  return checker.issues;
}

/** Positional values by the names of their fields. */
function named(fields: readonly Field[], values: readonly Value[]): { [name: string]: Value } {
  const pairs = fields.map((field, index) => [field, values[index]] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [Field, Value] => pair[1] !== undefined && !(pair[1] === null && pair[0].required === false && pair[0].type.kind !== "nullable")).map(([field, value]) => [field.name, value]),
  );
}

/** Values by name as they travel: those that are absent at the end are left out, others are null. */
export function positional(fields: readonly Field[], values: { readonly [name: string]: Value | undefined }): Value[] {
  const all = fields.map((field) => values[field.name]);
  while (all.length && all.at(-1) === undefined) all.pop();
  return all.map((value) => value ?? null);
}
