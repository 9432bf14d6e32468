import type { Contract } from "../contract/contract.js";
import type { Documented, Field, Rate } from "../contract/ir.js";
import { constraintsOf, fieldSuffix } from "../contract/type_text.js";
import { type Child, h } from "../dom/element.js";
import { typeView } from "./links.js";

export function remarks(part: Documented): Child[] {
  return [
    part.deprecated === undefined ? null : h("p", { class: "deprecation" }, h("strong", {}, "Deprecated"), part.deprecated ? `: ${part.deprecated}` : ""),
    part.since ? h("span", { class: "badge" }, `since ${part.since}`) : null,
  ];
}

export const rateText = (rate: Rate): string => `${rate.per_second} a second, ${rate.burst} at once`;

/** Fields, arguments or parameters as a list of names, types and what is said of them. */
export function fieldsView(contract: Contract, fields: readonly Field[]): HTMLElement {
  const rows = fields.map((field) => {
    const resolved = contract.resolve(field.type);
    const limits = constraintsOf(resolved.kind === "scalar" || resolved.kind === "list" ? resolved : field.type);
    return h(
      "div",
      { class: "doc-field" },
      h("dt", {}, h("code", { class: "name" }, field.name), " ", typeView(contract, field.type, fieldSuffix(field))),
      h("dd", {}, field.doc ? h("p", {}, field.doc) : null, limits.map((text) => h("span", { class: "limit" }, text)), remarks(field)),
    );
  });
  return h("dl", { class: "doc-fields" }, rows);
}
