import { valueView } from "../console/value_view.js";
import type { Contract } from "../contract/contract.js";
import { example, fieldExamples } from "../contract/example.js";
import type { Declaration, ErrorType, Room } from "../contract/ir.js";
import { constraintsOf } from "../contract/type_text.js";
import { type Child, h } from "../dom/element.js";
import type { Value } from "../values/json.js";
import { fieldsView, remarks } from "./fields_view.js";
import { anchor, linkTo, typeView } from "./links.js";

const KINDS: { readonly [kind in Declaration["kind"]]: string } = { newtype: "newtype", enum: "enum", record: "record", tagged_union: "union", alias: "alias", python: "Python type" };

const card = (id: string, title: string, kind: string, doc: string | undefined, search: string, ...children: Child[]): HTMLElement =>
  h(
    "details",
    { class: "declaration", id, "data-search": `${title} ${doc ?? ""} ${search}`.toLowerCase() },
    h("summary", {}, h("span", { class: "event-name" }, title), h("span", { class: "badge" }, kind), h("span", { class: "event-doc" }, doc ?? "")),
    h("div", { class: "event-body" }, h("p", { class: "doc" }, doc ? `${doc} ` : "", linkTo(id, "Link")), children),
  );

export function typeCard(contract: Contract, declared: Declaration): HTMLElement {
  const shown = example(contract, { kind: "ref", name: declared.name }, declared.name.toLowerCase());
  return card(anchor(contract, "type", declared.name), declared.name, KINDS[declared.kind], declared.doc, "", remarks(declared), content(contract, declared), declared.kind === "python" ? null : [h("p", { class: "hint" }, "Example"), valueView(shown)]);
}

function content(contract: Contract, declared: Declaration): Child {
  switch (declared.kind) {
    case "newtype":
      return [h("p", {}, typeView(contract, declared.base)), constraintsOf(declared.base).map((text) => h("span", { class: "limit" }, text))];
    case "alias":
      return [h("p", {}, typeView(contract, declared.type)), constraintsOf(declared.type).map((text) => h("span", { class: "limit" }, text))];
    case "enum":
      return [h("ul", { class: "plain-list" }, declared.members.map((member) => h("li", {}, h("code", {}, member.value), member.doc ? `: ${member.doc}` : ""))), declared.open ? h("p", { class: "hint" }, "Open: other values may come.") : null];
    case "record":
      return fieldsView(contract, declared.fields ?? []);
    case "tagged_union":
      return [h("p", {}, "One of these, told apart by ", h("code", {}, declared.tag), declared.open ? "; others may come:" : ":"), h("ul", { class: "plain-list" }, declared.members.map((name) => h("li", {}, linkTo(anchor(contract, "type", name), name))))];
    case "python":
      return [h("p", {}, "A type of the application, ", h("code", {}, declared.path), "."), declared.json_schema ? valueView(declared.json_schema as Value) : null];
  }
}

export function errorCard(contract: Contract, error: ErrorType): HTMLElement {
  const data = fieldExamples(contract, error.fields ?? []);
  const shown: Value = { error: error.fields?.length ? { code: error.code, message: error.code, data } : { code: error.code, message: error.code } };
  return card(anchor(contract, "error", error.name), error.code, "error", error.doc, error.name, remarks(error), error.fields?.length ? fieldsView(contract, error.fields) : null, h("p", { class: "hint" }, "As an answer"), valueView(shown));
}

export function roomCard(contract: Contract, room: Room): HTMLElement {
  const receives = contract.namespaces.flatMap((namespace) => (namespace.server_to_client ?? []).filter((event) => event.rooms?.includes(room.name)).map((event) => linkTo(anchor(contract, "server_to_client", namespace.path, event.name), event.name)));
  return card(anchor(contract, "room", room.name), room.template, "room", room.doc, room.name, remarks(room), room.params?.length ? fieldsView(contract, room.params) : null, receives.length ? h("p", {}, "Receives ", receives.flatMap((link, index) => (index ? [", ", link] : [link])), ".") : null);
}
