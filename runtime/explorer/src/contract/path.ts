// The name of a dynamic namespace: each parameter is escaped as encodeURIComponent does it.

import type { Namespace } from "./ir.js";

export function namespacePath(namespace: Namespace, params: { readonly [name: string]: unknown }): string {
  return namespace.path.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(params, name) ? encodeURIComponent(String(params[name])) : whole));
}
