import type { Contract } from "./contract/contract.js";
import type { Target } from "./console/connection.js";

/** What the page was told by the server that serves it. */
export interface Settings {
  readonly contracts: readonly Contract[];
  readonly readOnly: boolean;
  /** Where the page connects to. */
  readonly target: Target;
  /** The server as code names it: the same, unless `ackord explore` stands between. */
  readonly shown: Target;
}
