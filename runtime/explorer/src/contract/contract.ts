import { type Heights, heightsOf, typeHeight } from "./height.js";
import type { ContractJson, Declaration, ErrorType, Namespace, RecordType, Room, Type } from "./ir.js";

/** A contract, whose parts are found by their names. */
export class Contract {
  readonly name: string;
  readonly version: string;
  readonly doc: string | undefined;
  /** The name of the generated Python package, if it is known. */
  readonly package: string | undefined;
  readonly types: readonly Declaration[];
  readonly errors: readonly ErrorType[];
  readonly rooms: readonly Room[];
  readonly namespaces: readonly Namespace[];
  readonly #types: ReadonlyMap<string, Declaration>;
  readonly #heights: Heights;

  constructor(json: ContractJson) {
    this.name = json.name;
    this.version = json.version;
    this.doc = json.doc;
    this.package = json.package;
    this.types = json.types ?? [];
    this.errors = json.errors ?? [];
    this.rooms = json.rooms ?? [];
    this.namespaces = json.namespaces ?? [];
    this.#types = new Map(this.types.map((each) => [each.name, each]));
    this.#heights = heightsOf(this.types);
  }

  type(name: string): Declaration {
    const found = this.#types.get(name);
    if (!found) throw new Error(`the contract has no type ${name}`);
    return found;
  }

  errorsOf(names: readonly string[] | undefined): readonly ErrorType[] {
    return this.errors.filter((each) => names?.includes(each.name));
  }

  roomsOf(names: readonly string[] | undefined): readonly Room[] {
    return this.rooms.filter((each) => names?.includes(each.name));
  }

  /** The type behind names: aliases and newtypes are replaced, other declarations stay. */
  resolve(type: Type): Exclude<Type, { kind: "ref" }> | Exclude<Declaration, { kind: "newtype" | "alias" }> {
    if (type.kind !== "ref") return type;
    const declared = this.type(type.name);
    if (declared.kind === "newtype") return declared.base;
    return declared.kind === "alias" ? this.resolve(declared.type) : declared;
  }

  /** The tag that tells a record apart in the union that it belongs to: it has it everywhere. */
  tagOf(record: RecordType): { readonly [tag: string]: string } {
    const union = this.types.find((each) => each.kind === "tagged_union" && each.members.includes(record.name));
    return union?.kind === "tagged_union" ? { [union.tag]: record.tag_value ?? record.name } : {};
  }

  /** The place of the type whose smallest value is the least nested; the first of several. */
  simplest(types: readonly Type[]): number {
    const heights = types.map((type) => typeHeight(this.#heights, type));
    return heights.indexOf(Math.min(...heights));
  }

  /** Whether values of a type are made of others, and the type may so contain itself. */
  hasParts(type: Type): boolean {
    return ["record", "tagged_union", "union", "tuple", "nullable"].includes(this.resolve(type).kind);
  }
}
