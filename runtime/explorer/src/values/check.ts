// Checks a value against its type, as the server will: what is wrong, and where.

import type { Contract } from "../contract/contract.js";
import type { Constraints, Field, RecordType, ScalarType, TaggedUnion, Type } from "../contract/ir.js";
import { hasBytes, isBytes, isList, isObject, member, type Value } from "./json.js";
import { SCALARS } from "./scalars.js";

export type Location = readonly (string | number)[];
export interface Issue { readonly loc: Location; readonly msg: string }

export class Checker {
  readonly #contract: Contract;
  readonly #issues: Issue[] = [];

  constructor(contract: Contract) {
    this.#contract = contract;
  }

  get issues(): readonly Issue[] {
    return this.#issues;
  }

  /** Check the fields of a record, or the arguments of an event by their names. */
  fields(fields: readonly Field[], values: { readonly [key: string]: Value | undefined }, loc: Location = []): void {
    for (const field of fields) {
      const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
      if (value !== undefined) this.value(field.type, value, [...loc, field.name]);
      else if (field.required !== false) this.#report([...loc, field.name], "is required");
    }
  }

  value(type: Type, value: Value, loc: Location): void {
    const found = this.#contract.resolve(type);
    switch (found.kind) {
      case "scalar":
        return this.#scalar(found, value, loc);
      case "list":
        if (!isList(value)) return this.#expected("a list", loc);
        this.#items(found.constraints, value.length, loc);
        return value.forEach((item, index) => this.value(found.item, item, [...loc, index]));
      case "map":
        if (!isObject(value)) return this.#expected("an object", loc);
        this.#items(found.constraints, Object.keys(value).length, loc);
        for (const [key, each] of Object.entries(value)) {
          if (found.key) this.value(found.key, key, [...loc, key]);
          this.value(found.value, each, [...loc, key]);
        }
        return;
      case "tuple":
        if (!isList(value) || value.length !== found.items.length) return this.#expected(`a list of ${found.items.length} items`, loc);
        return found.items.forEach((item, index) => this.value(item, value[index] ?? null, [...loc, index]));
      case "literal":
        if (!found.values.includes(value as string)) this.#expected(`one of ${found.values.map((each) => JSON.stringify(each)).join(", ")}`, loc);
        return;
      case "union":
        return this.#union(found.members, value, loc);
      case "nullable":
        if (value !== null) this.value(found.item, value, loc);
        return;
      case "enum":
        if (typeof value !== "string") this.#expected("a text", loc);
        else if (!found.open && !found.members.some((each) => each.value === value)) this.#expected(`one of ${found.members.map((each) => each.value).join(", ")}`, loc);
        return;
      case "record":
        return isObject(value) ? this.fields(found.fields ?? [], value, loc) : this.#expected("an object", loc);
      case "tagged_union":
        return this.#tagged(found, value, loc);
      case "python":
        return; // what the application's own type takes, only the server knows
    }
  }

  #scalar(type: ScalarType, value: Value, loc: Location): void {
    if (type.name === "json" || type.name === "json_object") {
      if (type.name === "json_object" && !isObject(value)) this.#expected("an object", loc);
      else if (hasBytes(value)) this.#report(loc, "can't hold bytes");
      return;
    }
    if (type.name === "bytes") return isBytes(value) ? this.#length(type.constraints, value.length, "bytes", loc) : this.#expected("bytes", loc);
    const form = SCALARS[type.name];
    if (typeof value !== typeof form.example || (type.name === "int" && !Number.isInteger(value))) return this.#expected(form.expected, loc);
    if (typeof value === "number" && !Number.isFinite(value)) return this.#expected(form.expected, loc);
    if (form.pattern && !form.pattern.test(String(value))) return this.#expected(form.expected, loc);
    if (type.name === "int" && !Number.isSafeInteger(value)) return this.#report(loc, "is larger than JavaScript can tell exactly");
    if (type.name === "str") this.#text(type.constraints, String(value), loc);
    else this.#numeric(type, value, loc);
  }

  #text(limits: Constraints = {}, value: string, loc: Location): void {
    this.#length(limits, [...value].length, "characters", loc);
    const pattern = limits.pattern === undefined ? null : compile(limits.pattern);
    if (pattern && !pattern.test(value)) this.#report(loc, `doesn't match ${limits.pattern}`);
  }

  #length(limits: Constraints = {}, length: number, what: string, loc: Location): void {
    if (limits.min_length !== undefined && length < limits.min_length) this.#report(loc, `has fewer than ${limits.min_length} ${what}`);
    if (limits.max_length !== undefined && length > limits.max_length) this.#report(loc, `has more than ${limits.max_length} ${what}`);
  }

  #items(limits: Constraints = {}, count: number, loc: Location): void {
    if (limits.min_items !== undefined && count < limits.min_items) this.#report(loc, `has fewer than ${limits.min_items} items`);
    if (limits.max_items !== undefined && count > limits.max_items) this.#report(loc, `has more than ${limits.max_items} items`);
  }

  #numeric(type: ScalarType, value: Value, loc: Location): void {
    const limits = type.constraints ?? {};
    const read = type.name === "int64" ? BigInt : Number;
    const number = type.name === "int64" || type.name === "decimal" || typeof value === "number" ? read(value as string) : null;
    if (number === null) return;
    if (limits.ge !== undefined && number < read(limits.ge)) this.#report(loc, `is less than ${limits.ge}`);
    if (limits.gt !== undefined && number <= read(limits.gt)) this.#report(loc, `isn't greater than ${limits.gt}`);
    if (limits.le !== undefined && number > read(limits.le)) this.#report(loc, `is greater than ${limits.le}`);
    if (limits.lt !== undefined && number >= read(limits.lt)) this.#report(loc, `isn't less than ${limits.lt}`);
    if (limits.multiple_of !== undefined && type.name === "int" && Number(number) % Number(limits.multiple_of)) this.#report(loc, `isn't a multiple of ${limits.multiple_of}`);
  }

  #union(members: readonly Type[], value: Value, loc: Location): void {
    const attempts = members.map((type) => issuesOf(this.#contract, type, value, loc));
    if (attempts.some((issues) => !issues.length)) return;
    // The issues of the member that is right but for some part of it say more than "none of these".
    const near = attempts.find((issues) => issues.some((issue) => issue.loc.length > loc.length));
    if (near) this.#issues.push(...near);
    else this.#report(loc, attempts.map((issues) => issues[0]?.msg ?? "").join(", or "));
  }

  #tagged(union: TaggedUnion, value: Value, loc: Location): void {
    if (!isObject(value)) return this.#expected("an object", loc);
    const tag = member(value, union.tag);
    const record = recordOf(this.#contract, union, tag);
    if (record) return this.fields(record.fields ?? [], value, loc);
    if (!union.open || typeof tag !== "string") this.#expected(`one of ${tagsOf(this.#contract, union).join(", ")}`, [...loc, union.tag]);
  }

  #expected(what: string, loc: Location): void {
    this.#report(loc, `must be ${what}`);
  }

  #report(loc: Location, msg: string): void {
    this.#issues.push({ loc, msg });
  }
}

export function issuesOf(contract: Contract, type: Type, value: Value, loc: Location = []): readonly Issue[] {
  const checker = new Checker(contract);
  checker.value(type, value, loc);
  return checker.issues;
}

export function membersOf(contract: Contract, union: TaggedUnion): readonly RecordType[] {
  return union.members.map((name) => contract.type(name)).filter((each) => each.kind === "record");
}

const tagsOf = (contract: Contract, union: TaggedUnion): readonly string[] => membersOf(contract, union).map((each) => each.tag_value ?? each.name);

export const recordOf = (contract: Contract, union: TaggedUnion, tag: Value | undefined): RecordType | undefined =>
  membersOf(contract, union).find((each) => each.tag_value === tag);

/** The pattern as JavaScript has it; null for one that only Python understands, which the server checks. */
function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return null;
  }
}

export const describeIssue = (issue: Issue): string => (issue.loc.length ? `${issue.loc.join(".")} ${issue.msg}` : issue.msg);
