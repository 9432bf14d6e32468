import type { Contract } from "../contract/contract.js";
import type { Direction, Namespace } from "../contract/ir.js";
import { type Child, h } from "../dom/element.js";
import type { Settings } from "../settings.js";
import { errorCard, roomCard, typeCard } from "./declaration_view.js";
import { eventView, type Try } from "./event_view.js";
import { fieldsView, rateText, remarks } from "./fields_view.js";
import { anchor, linkTo, typeView } from "./links.js";

const DIRECTIONS: readonly (readonly [Direction, string, string])[] = [
  ["client_to_server", "Client to server", "↑"],
  ["server_to_client", "Server to client", "↓"],
  ["server_to_server", "Between servers", "↔"],
];

/** The contracts as documentation, with a search. */
export function documentation(settings: Settings, tryIt: Try | null): HTMLElement {
  const content = h("div", { class: "docs-content" }, settings.contracts.map((contract) => contractView(contract, tryIt)));
  const none = h("p", { class: "empty", hidden: true }, "Nothing in the contract matches.");
  const search = h("input", { type: "search", class: "search", placeholder: "Search events, types, errors", "aria-label": "Search the contract", on: { input: () => (none.hidden = filter(content, search.value)) } });
  return h("main", { class: "docs", id: "docs", "aria-label": "Contract" }, h("div", { class: "docs-head" }, search), none, content);
}

/** Hide what doesn't match; return whether anything does. */
function filter(content: HTMLElement, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let some = false;
  for (const each of content.querySelectorAll<HTMLElement>("[data-search]")) {
    each.hidden = !words.every((word) => (each.dataset["search"] ?? "").includes(word));
    some ||= !each.hidden;
  }
  for (const group of content.querySelectorAll<HTMLElement>("[data-group]")) group.hidden = words.length > 0 && !group.querySelector("[data-search]:not([hidden])");
  return some;
}

function contractView(contract: Contract, tryIt: Try | null): Child {
  return h(
    "article",
    {},
    h("header", { class: "contract-head" }, h("h2", {}, contract.name, h("span", { class: "version" }, contract.version)), contract.doc ? h("p", { class: "lead" }, contract.doc) : null),
    contract.namespaces.map((namespace) => namespaceView(contract, namespace, tryIt)),
    group("Rooms", contract.rooms.map((room) => roomCard(contract, room))),
    group("Errors", contract.errors.map((error) => errorCard(contract, error))),
    group("Types", contract.types.map((declared) => typeCard(contract, declared))),
  );
}

const group = (title: string, cards: readonly HTMLElement[], level: "h3" | "h4" = "h3"): HTMLElement | null =>
  cards.length ? h("section", { class: "group", "data-group": "" }, h(level, {}, title), cards) : null;

function namespaceView(contract: Contract, namespace: Namespace, tryIt: Try | null): HTMLElement {
  const errors = contract.errorsOf(namespace.connect_errors);
  const facts: Child[] = [
    namespace.params?.length ? h("section", { class: "part" }, h("h5", {}, "Parameters"), fieldsView(contract, namespace.params)) : null,
    namespace.auth ? h("p", {}, "Authentication: ", typeView(contract, namespace.auth)) : null,
    errors.length ? h("p", {}, "A connection may be refused with ", errors.flatMap((error, index) => [index ? ", " : "", linkTo(anchor(contract, "error", error.name), error.code)]), ".") : null,
    namespace.auth_expires ? h("p", { class: "hint" }, "The authentication of a connection may end; a client renews it without connecting again.") : null,
    namespace.rate ? h("p", { class: "hint" }, `A client may send events ${rateText(namespace.rate)}.`) : null,
    namespace.error_replies === false ? h("p", { class: "hint" }, "Events that fail aren't answered.") : null,
  ];
  const events = DIRECTIONS.map(([direction, title, sign]) =>
    group(`${sign} ${title}`, (namespace[direction] ?? []).map((event) => eventView(contract, namespace, direction, event, tryIt)), "h4"),
  );
  return h("section", { class: "namespace", id: anchor(contract, "namespace", namespace.path) }, h("h3", {}, h("code", {}, namespace.path)), namespace.doc ? h("p", { class: "lead" }, namespace.doc) : null, remarks(namespace), facts, events);
}
