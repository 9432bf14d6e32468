import { camel, constant, derived, typeScriptMethod, typeScriptName, typeScriptType } from "../contract/names.js";
import type { Contract } from "../contract/contract.js";
import type { RecordType, ScalarType, Type } from "../contract/ir.js";
import { issuesOf, recordOf } from "../values/check.js";
import { isBytes, isList, isObject, type Value } from "../values/json.js";
import { type Call, comments, isLong, longBytes } from "./call.js";

const BRANDS: { readonly [scalar: string]: string } = {
  int64: "Int64", datetime: "DateTime", date: "PlainDate", time: "PlainTime", duration: "Duration", uuid: "Uuid", decimal: "Decimal", url: "Url", email: "Email", ip: "Ip",
};
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

class TypeScript {
  readonly imports = new Set<string>();

  constructor(readonly contract: Contract) {}

  use(name: string): string {
    this.imports.add(name);
    return name;
  }

  #record(record: RecordType, values: { readonly [name: string]: Value }): string {
    const tag = Object.entries(this.contract.tagOf(record)).map(([name, value]) => `${key(name)}: ${JSON.stringify(value)}`);
    const fields = (record.fields ?? []).filter((field) => values[field.name] !== undefined);
    return `{ ${[...tag, ...fields.map((field) => `${key(field.name)}: ${this.literal(field.type, values[field.name] ?? null)}`)].join(", ")} }`;
  }

  literal(type: Type, value: Value): string {
    if (type.kind === "ref") {
      const declared = this.contract.type(type.name);
      if (declared.kind === "newtype") return `${this.use(typeScriptType(declared.name))}(${declared.base.name in BRANDS ? JSON.stringify(value) : plain(value)})`;
    }
    const found = this.contract.resolve(type);
    switch (found.kind) {
      case "scalar":
        return this.#scalar(found, value);
      case "list":
        return isList(value) ? `[${value.map((item) => this.literal(found.item, item)).join(", ")}]` : plain(value);
      case "tuple":
        return isList(value) ? `[${value.map((item, index) => this.literal(found.items[index] ?? found, item)).join(", ")}]` : plain(value);
      case "map":
        return isObject(value) ? `{ ${Object.entries(value).map(([name, each]) => `${key(name)}: ${this.literal(found.value, each)}`).join(", ")} }` : plain(value);
      case "nullable":
        return value === null ? "null" : this.literal(found.item, value);
      case "union":
        return this.literal(found.members.find((each) => !issuesOf(this.contract, each, value).length) ?? { kind: "scalar", name: "json" }, value);
      case "enum": {
        const member = found.members.find((each) => each.value === value);
        return member ? `${this.use(typeScriptType(found.name))}.${constant(member.identifier ?? member.value)}` : plain(value);
      }
      case "record":
        return isObject(value) ? this.#record(found, value) : plain(value);
      case "tagged_union": {
        const record = isObject(value) ? recordOf(this.contract, found, value[found.tag]) : undefined;
        return record && isObject(value) ? this.#record(record, value) : plain(value);
      }
      default:
        return plain(value);
    }
  }

  #scalar(type: ScalarType, value: Value): string {
    const brand = BRANDS[type.name];
    return brand && typeof value === "string" ? `${this.use(brand)}(${JSON.stringify(value)})` : plain(value);
  }
}

function plain(value: Value): string {
  if (isBytes(value)) return isLong(value) ? `new Uint8Array(${value.length})` : `Uint8Array.of(${value.join(", ")})`;
  if (isList(value)) return `[${value.map(plain).join(", ")}]`;
  if (isObject(value)) return `{ ${Object.entries(value).map(([name, each]) => `${key(name)}: ${plain(each)}`).join(", ")} }`;
  return JSON.stringify(value);
}

/** A module with the generated TypeScript client that sends the event. */
export function typeScriptSnippet(call: Call): string {
  const made = new TypeScript(call.contract);
  const options: string[] = [];
  if (call.target.path !== "/socket.io/") options.push(`path: ${JSON.stringify(call.target.path)}`);
  if (call.namespace.auth && call.auth !== undefined) options.push(`auth: ${made.literal(call.namespace.auth, call.auth)}`);
  const client = made.use(derived(call.contract, `${camel(call.namespace.identifier)}Client`));
  const args = (call.event.args ?? []).map((field) => call.args[field.name] === undefined ? "undefined" : made.literal(field.type, call.args[field.name] ?? null));
  while (args.at(-1) === "undefined") args.pop();
  const name = typeScriptName(call.namespace.identifier);
  const sending = `${name}.${typeScriptMethod(call.event.identifier)}(${args.join(", ")})`;
  const params = (call.namespace.params ?? []).map((field) => made.literal(field.type, call.params[field.name] ?? null));
  const connecting = `const ${name} = await ${client}.connect(${[JSON.stringify(call.target.url), ...params, ...(options.length ? [`{ ${options.join(", ")} }`] : [])].join(", ")});`;
  const statement = call.event.acked ? `console.log(await ${sending});` : `${sending};`;
  const notes = [`Replace ./${call.contract.name} by the folder that "ackord generate" wrote.`, longBytes(call) && `Replace ${longBytes(call)?.map((size) => `new Uint8Array(${size})`).join(", ")} by the content of a file.`];
  return `${comments("//", notes)}import { ${[...made.imports].sort().join(", ")} } from "./${call.contract.name}/index.js";\n\n${connecting}\n${statement}\n${name}.disconnect();\n`;
}
