// The parts of the page have names, so that the address of the page leads to each of them.

import type { Contract } from "../contract/contract.js";
import { h } from "../dom/element.js";
import type { Type } from "../contract/ir.js";
import { typeParts } from "../contract/type_text.js";

export type Section = "namespace" | "client_to_server" | "server_to_client" | "server_to_server" | "room" | "type" | "error";

export const anchor = (contract: Contract, section: Section, ...names: readonly string[]): string => [contract.name, section, ...names].map(encodeURIComponent).join("/");

export const linkTo = (id: string, text: string): HTMLAnchorElement => h("a", { href: `#${id}` }, text);

/** The text of a type, in which declared types are links. */
export const typeView = (contract: Contract, type: Type, suffix = ""): HTMLElement =>
  h("code", { class: "type" }, typeParts(type).map((part) => (part.ref ? linkTo(anchor(contract, "type", part.text), part.text) : part.text)), suffix);

/** Open what the address names, and go there. */
export function followAddress(root: HTMLElement): void {
  const found = document.getElementById(location.hash.slice(1));
  if (!found || !root.contains(found)) return;
  found.hidden = false;
  for (let each: Element | null = found; each; each = each.parentElement) if (each instanceof HTMLDetailsElement) each.open = true;
  found.scrollIntoView({ block: "start" });
  found.querySelector<HTMLElement>("summary")?.focus({ preventScroll: true });
}
