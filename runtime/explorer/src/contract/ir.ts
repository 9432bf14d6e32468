// The resolved form of a contract, as contract.json has it (schema/ackord/schema/model.py). What has its default value is left out there.

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export interface Constraints {
  readonly min_length?: number;
  readonly max_length?: number;
  readonly pattern?: string;
  readonly ge?: number | string;
  readonly gt?: number | string;
  readonly le?: number | string;
  readonly lt?: number | string;
  readonly multiple_of?: number | string;
  readonly max_digits?: number;
  readonly decimal_places?: number;
  readonly min_items?: number;
  readonly max_items?: number;
}

export type ScalarName =
  | "str" | "int" | "int64" | "float" | "bool" | "bytes" | "datetime" | "date" | "time" | "duration" | "uuid"
  | "decimal" | "url" | "email" | "ip" | "json" | "json_object";

export interface ScalarType { readonly kind: "scalar"; readonly name: ScalarName; readonly constraints?: Constraints }
export interface ListType { readonly kind: "list"; readonly item: Type; readonly constraints?: Constraints }
export interface MapType { readonly kind: "map"; readonly value: Type; readonly key?: Type; readonly constraints?: Constraints }
export interface TupleType { readonly kind: "tuple"; readonly items: readonly Type[] }
export interface LiteralType { readonly kind: "literal"; readonly values: readonly (string | number | boolean)[] }
export interface UnionType { readonly kind: "union"; readonly members: readonly Type[] }
export interface NullableType { readonly kind: "nullable"; readonly item: Type }
export interface RefType { readonly kind: "ref"; readonly name: string }
export type Type = ScalarType | ListType | MapType | TupleType | LiteralType | UnionType | NullableType | RefType;

/** What most parts of a contract have. */
export interface Documented {
  readonly doc?: string;
  readonly deprecated?: string;
  readonly since?: string;
}

export interface Field extends Documented {
  readonly name: string;
  readonly type: Type;
  readonly identifier?: string;
  readonly required?: boolean;
  readonly default?: { readonly value: Plain };
}

export interface NewType extends Documented { readonly kind: "newtype"; readonly name: string; readonly base: ScalarType }
export interface EnumMember extends Documented { readonly value: string; readonly identifier?: string }
export interface Enum extends Documented { readonly kind: "enum"; readonly name: string; readonly members: readonly EnumMember[]; readonly open?: boolean }
export interface RecordType extends Documented { readonly kind: "record"; readonly name: string; readonly fields?: readonly Field[]; readonly tag_value?: string }
export interface TaggedUnion extends Documented {
  readonly kind: "tagged_union";
  readonly name: string;
  readonly tag: string;
  readonly members: readonly string[];
  readonly open?: boolean;
}
export interface Alias extends Documented { readonly kind: "alias"; readonly name: string; readonly type: Type }
export interface PythonType extends Documented { readonly kind: "python"; readonly name: string; readonly path: string; readonly json_schema?: Plain }
export type Declaration = NewType | Enum | RecordType | TaggedUnion | Alias | PythonType;

export interface ErrorType extends Documented { readonly name: string; readonly code: string; readonly fields?: readonly Field[] }
export interface Room extends Documented { readonly name: string; readonly template: string; readonly params?: readonly Field[] }

export interface Event extends Documented {
  readonly name: string;
  readonly identifier: string;
  readonly args?: readonly Field[];
  readonly ack?: Type;
  readonly acked?: boolean;
  readonly ack_args?: readonly Field[];
  readonly ack_style?: "bare" | "result";
  readonly errors?: readonly string[];
  readonly timeout?: number;
  readonly rooms?: readonly string[];
  readonly concurrent?: boolean;
  readonly rate?: Rate;
}

export interface Rate { readonly per_second: number; readonly burst: number }

export type Direction = "client_to_server" | "server_to_client" | "server_to_server";

export interface Namespace extends Documented {
  readonly path: string;
  readonly identifier: string;
  readonly params?: readonly Field[];
  readonly auth?: Type;
  readonly session?: Type;
  readonly connect_errors?: readonly string[];
  readonly error_replies?: boolean;
  readonly auth_expires?: boolean;
  readonly rate?: Rate;
  readonly client_to_server?: readonly Event[];
  readonly server_to_client?: readonly Event[];
  readonly server_to_server?: readonly Event[];
}

export interface ContractJson {
  /** The Python package that was generated from it, if the server that shows the page knows it. */
  readonly package?: string;
  readonly name: string;
  readonly version: string;
  readonly doc?: string;
  readonly types?: readonly Declaration[];
  readonly errors?: readonly ErrorType[];
  readonly rooms?: readonly Room[];
  readonly namespaces?: readonly Namespace[];
}
