import type { Contract } from "../contract/contract.js";
import type { Event, Namespace } from "../contract/ir.js";
import type { Target } from "../console/connection.js";
import type { Value } from "../values/json.js";

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
