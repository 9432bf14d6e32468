import { valueView } from "../console/value_view.js";
import type { Contract } from "../contract/contract.js";
import { fieldExamples, example } from "../contract/example.js";
import type { Direction, Event, Namespace } from "../contract/ir.js";
import { typeParts } from "../contract/type_text.js";
import { button, type Child, h } from "../dom/element.js";
import { positional } from "../console/reply.js";
import type { Value } from "../values/json.js";
import { fieldsView, rateText, remarks } from "./fields_view.js";
import { anchor, linkTo, typeView } from "./links.js";

export type Try = (namespace: Namespace, event: Event) => void;

/** One event: a line, and what it is about when it is opened. */
export function eventView(contract: Contract, namespace: Namespace, direction: Direction, event: Event, tryIt: Try | null): HTMLElement {
  const id = anchor(contract, direction, namespace.path, event.name);
  const signature = `(${(event.args ?? []).map((arg) => arg.name + (arg.required === false ? "?" : "")).join(", ")})`;
  const trying = tryIt && direction === "client_to_server" ? button("Try it", () => tryIt(namespace, event), { class: "primary try", "aria-label": `Try it: ${event.name}` }) : null;
  return h(
    "details",
    { class: `event ${direction}${event.deprecated === undefined ? "" : " deprecated"}`, id, "data-search": searchText(event) },
    h("summary", {}, h("span", { class: "event-name" }, event.name), h("span", { class: "signature" }, signature), event.acked ? h("span", { class: "badge" }, "ack") : null, h("span", { class: "event-doc" }, event.doc ?? "")),
    h("div", { class: "event-body" }, h("div", { class: "event-head" }, h("p", { class: "doc" }, event.doc ?? ""), linkTo(id, "Link"), trying), body(contract, event)),
  );
}

function body(contract: Contract, event: Event): Child[] {
  const errors = contract.errorsOf(event.errors);
  const rooms = contract.roomsOf(event.rooms);
  return [
    remarks(event),
    part("Arguments", event.args?.length ? fieldsView(contract, event.args) : h("p", { class: "hint" }, "None.")),
    event.acked ? part("Acknowledgement", acknowledgement(contract, event)) : null,
    event.rate ? h("p", { class: "hint" }, `A client may send it ${rateText(event.rate)}.`) : null,
    errors.length ? part("Errors", h("ul", { class: "plain-list" }, errors.map((error) => h("li", {}, linkTo(anchor(contract, "error", error.name), error.code), error.doc ? `: ${error.doc}` : "")))) : null,
    rooms.length ? part("Rooms", h("ul", { class: "plain-list" }, rooms.map((room) => h("li", {}, linkTo(anchor(contract, "room", room.name), room.template), room.doc ? `: ${room.doc}` : "")))) : null,
    part("Example", valueView([event.name, ...positional(event.args ?? [], fieldExamples(contract, event.args ?? []))]), exampleAnswer(contract, event)),
  ];
}

function acknowledgement(contract: Contract, event: Event): Child[] {
  const declared = event.ack_args ? fieldsView(contract, event.ack_args) : event.ack ? h("p", {}, typeView(contract, event.ack)) : h("p", { class: "hint" }, "No value.");
  const notes = [event.timeout === undefined ? null : `within ${event.timeout} s`, event.ack_style === "result" ? 'on the wire as {"ok": …}' : null].filter(Boolean);
  return [declared, notes.length ? h("p", { class: "hint" }, notes.join(", ")) : null];
}

function exampleAnswer(contract: Contract, event: Event): Child {
  if (event.ack_args) return [h("p", { class: "hint" }, "Answer"), valueView(positional(event.ack_args, fieldExamples(contract, event.ack_args)))];
  if (!event.ack) return null;
  const value: Value = example(contract, event.ack);
  return [h("p", { class: "hint" }, "Answer"), valueView(event.ack_style === "result" ? { ok: value } : value)];
}

const part = (title: string, ...children: Child[]): HTMLElement => h("section", { class: "part" }, h("h5", {}, title), children);

function searchText(event: Event): string {
  const types = [...(event.args ?? []), ...(event.ack_args ?? [])].flatMap((field) => [field.name, field.doc ?? "", ...typeParts(field.type).map((each) => each.text)]);
  return [event.name, event.doc ?? "", ...types, ...(event.errors ?? []), ...(event.ack ? typeParts(event.ack).map((each) => each.text) : [])].join(" ").toLowerCase();
}
