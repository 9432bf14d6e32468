import { camel, constant, derived, pythonName, pythonType } from "../contract/names.js";
import type { Contract } from "../contract/contract.js";
import type { Field, ScalarType, Type } from "../contract/ir.js";
import { issuesOf, recordOf } from "../values/check.js";
import { isBytes, isList, isObject, type Value } from "../values/json.js";
import { type Call, comments, isLong, longBytes } from "./call.js";

const WRAPPED: { readonly [scalar: string]: readonly [string, string, string] } = {
  datetime: ["datetime", "datetime", "datetime.fromisoformat"],
  date: ["datetime", "date", "date.fromisoformat"],
  time: ["datetime", "time", "time.fromisoformat"],
  uuid: ["uuid", "UUID", "UUID"],
  decimal: ["decimal", "Decimal", "Decimal"],
  url: ["pydantic", "AnyUrl", "AnyUrl"],
  ip: ["ipaddress", "ip_address", "ip_address"],
};

/** Collects the imports of a piece of Python. */
class Python {
  readonly imports = new Map<string, Set<string>>();
  /** The generated package. */
  readonly package: string;
  readonly #exports: ReadonlySet<string>;

  constructor(readonly contract: Contract) {
    this.package = contract.package ?? contract.name;
    this.#exports = new Set([...contract.types, ...contract.errors].map((each) => each.name));
  }

  use(module: string, name: string): string {
    this.imports.set(module, (this.imports.get(module) ?? new Set()).add(name));
    return name;
  }

  ours(name: string): string {
    return this.use(this.package, name);
  }

  type(name: string): string {
    return this.ours(pythonType(name));
  }

  arguments(fields: readonly Field[], values: { readonly [name: string]: Value }, kind: "argument" | "field" | "parameter"): string {
    return fields
      .filter((field) => values[field.name] !== undefined)
      .map((field) => {
        const name = pythonName(field.identifier ?? field.name, kind, this.#exports);
        const text = this.literal(field.type, values[field.name] ?? null);
        return kind === "field" || field.required === false ? `${name}=${text}` : text;
      })
      .join(", ");
  }

  literal(type: Type, value: Value): string {
    if (type.kind === "ref") {
      const declared = this.contract.type(type.name);
      if (declared.kind === "newtype") return `${this.type(declared.name)}(${this.#scalar(declared.base, value)})`;
    }
    const found = this.contract.resolve(type);
    switch (found.kind) {
      case "scalar":
        return this.#scalar(found, value);
      case "list":
        return isList(value) ? `[${value.map((item) => this.literal(found.item, item)).join(", ")}]` : plain(value);
      case "tuple":
        return isList(value) ? `(${value.map((item, index) => this.literal(found.items[index] ?? found, item)).join(", ")}${value.length === 1 ? "," : ""})` : plain(value);
      case "map":
        return isObject(value) ? `{${Object.entries(value).map(([key, each]) => `${this.literal(found.key ?? { kind: "scalar", name: "str" }, key)}: ${this.literal(found.value, each)}`).join(", ")}}` : plain(value);
      case "nullable":
        return value === null ? "None" : this.literal(found.item, value);
      case "union":
        return this.literal(found.members.find((each) => !issuesOf(this.contract, each, value).length) ?? { kind: "scalar", name: "json" }, value);
      case "enum": {
        const member = found.members.find((each) => each.value === value);
        return member ? `${this.type(found.name)}.${constant(member.identifier ?? member.value)}` : plain(value);
      }
      case "record":
        return isObject(value) ? `${this.type(found.name)}(${this.arguments(found.fields ?? [], value, "field")})` : plain(value);
      case "tagged_union": {
        const record = isObject(value) ? recordOf(this.contract, found, value[found.tag]) : undefined;
        return record ? this.literal({ kind: "ref", name: record.name }, value) : plain(value);
      }
      case "python":
        return this.#application(found.path, value);
      default:
        return plain(value);
    }
  }

  /** A value of the application's own type, which only that type can make. */
  #application(path: string, value: Value): string {
    const dot = path.lastIndexOf(".");
    if (dot < 0) return plain(value);
    return `${this.use("pydantic", "TypeAdapter")}(${this.use(path.slice(0, dot), path.slice(dot + 1))}).validate_python(${plain(value)})`;
  }

  #scalar(type: ScalarType, value: Value): string {
    const wrapped = WRAPPED[type.name];
    if (wrapped && typeof value === "string") {
      this.use(wrapped[0], wrapped[1]);
      return `${wrapped[2]}(${JSON.stringify(value)})`;
    }
    if (type.name === "duration" && typeof value === "string") return `${this.use("pydantic", "TypeAdapter")}(${this.use("datetime", "timedelta")}).validate_python(${JSON.stringify(value)})`;
    return type.name === "int64" ? String(value) : plain(value);
  }
}

/** The literal of a value without a type. */
function plain(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (isBytes(value)) return isLong(value) ? `bytes(${value.length})` : `bytes.fromhex("${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}")`;
  if (isList(value)) return `[${value.map(plain).join(", ")}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${plain(each)}`).join(", ")}}`;
  return JSON.stringify(value);
}

/** A program with the generated Python client that sends the event. */
export function pythonSnippet(call: Call): string {
  const python = new Python(call.contract);
  const prefix = camel(call.namespace.identifier);
  const options = [JSON.stringify(call.target.url)];
  if (call.target.path !== "/socket.io/") options.push(`path=${JSON.stringify(call.target.path)}`);
  if (call.namespace.params?.length) options.push(`params=${python.ours(derived(call.contract, `${prefix}Params`))}(${python.arguments(call.namespace.params, call.params, "parameter")})`);
  if (call.namespace.auth && call.auth !== undefined) options.push(`auth=${python.literal(call.namespace.auth, call.auth)}`);
  const method = pythonName(call.event.identifier, "method");
  const sending = `client.${method}(${python.arguments(call.event.args ?? [], call.args, "argument")})`;
  const client = `${python.ours(derived(call.contract, `${prefix}Client`))}(${options.join(", ")})`;
  const imports = [...python.imports].sort(([one], [other]) => Number(one === python.package) - Number(other === python.package) || (one < other ? -1 : 1));
  const lines = imports.map(([module, names]) => `${module === python.package ? "\n" : ""}from ${module} import ${[...names].sort().join(", ")}`);
  const notes = [call.contract.package === undefined ? `Replace ${python.package} by the package that "ackord generate" wrote.` : null, longBytes(call) && `Replace ${longBytes(call)?.map((size) => `bytes(${size})`).join(", ")} by the content of a file.`];
  const { acked, ack, ack_args, errors } = call.event;
  const answers = ack ?? ack_args ?? (errors?.length ? errors : undefined);
  const statement = !acked ? sending : answers === undefined ? `await ${sending}` : `print(await ${sending})`;
  return `${comments("#", notes)}import asyncio\n${lines.join("\n")}\n\n\nasync def main() -> None:\n    async with ${client} as client:\n        ${statement}\n\n\nasyncio.run(main())\n`;
}
