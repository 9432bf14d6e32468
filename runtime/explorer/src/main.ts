import { Console } from "./console/console.js";
import { Contract } from "./contract/contract.js";
import type { ContractJson } from "./contract/ir.js";
import { documentation } from "./docs/documentation.js";
import { followAddress } from "./docs/links.js";
import { button, h, replace } from "./dom/element.js";
import type { Settings } from "./settings.js";

/** The answer to `…/contract.json`. */
interface Served {
  readonly contracts: readonly ContractJson[];
  readonly read_only: boolean;
  /** The paths of this page, if the server knows it, and of Socket.IO, both below `base`. */
  readonly page: string | null;
  readonly socketio: string;
  /** The server itself, if this page is served by a proxy. */
  readonly server: { readonly url: string; readonly path: string } | null;
}

const here = location.pathname.replace(/\/+$/, "");

async function load(): Promise<Settings> {
  const response = await fetch(`${here}/contract.json`, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`the server answered ${response.status} to ${here}/contract.json`);
  const served = (await response.json()) as Served;
  // Mounted below a prefix, or behind a proxy that strips one, only the page knows it.
  const base = served.page !== null && here.endsWith(served.page) ? here.slice(0, here.length - served.page.length) : "";
  const target = { url: location.origin, path: base + served.socketio };
  return { contracts: served.contracts.map((each) => new Contract(each)), readOnly: served.read_only, target, shown: served.server ?? target };
}

function show(settings: Settings): void {
  const hasEvents = settings.contracts.some((contract) => contract.namespaces.length);
  if (!hasEvents) {
    replace(document.body, header(settings), h("main", { class: "empty big" }, h("p", {}, "There is no typed namespace to show."), h("p", {}, "Register one that ", h("code", {}, "ackord generate"), " made, or run ", h("code", {}, "ackord explore schema.yaml --url …"), " with a contract that has one.")));
    return;
  }
  const console = new Console(settings);
  const docs = documentation(settings, settings.readOnly ? null : (namespace, event) => {
    view("console");
    console.offer(namespace, event);
  });
  const skip = button("Go to the console", () => {
    view("console");
    console.element.focus();
  }, { class: "skip" });
  replace(document.body, skip, header(settings), h("div", { class: "columns" }, docs, console.element));
  view("docs");
  window.addEventListener("hashchange", () => followAddress(docs));
  docs.addEventListener("click", (event) => event.target instanceof HTMLAnchorElement && event.target.hash === location.hash && followAddress(docs));
  followAddress(docs);
}

/** On narrow screens only one of both halves is shown. */
function view(name: "docs" | "console"): void {
  document.body.dataset["view"] = name;
  for (const each of document.querySelectorAll<HTMLElement>("[data-switch]")) each.setAttribute("aria-pressed", String(each.dataset["switch"] === name));
}

function header(settings: Settings): HTMLElement {
  const [first] = settings.contracts;
  document.title = first ? `${first.name}: Ackord explorer` : "Ackord explorer";
  const switches = (["docs", "console"] as const).map((name) => button(name === "docs" ? "Contract" : "Console", () => view(name), { "data-switch": name }));
  return h(
    "header",
    { class: "top" },
    h("h1", {}, "Ackord", h("span", {}, "explorer")),
    settings.readOnly ? h("span", { class: "badge" }, "read-only") : null,
    h("span", { class: "server" }, settings.shown.url),
    h("nav", { class: "switches", "aria-label": "Show" }, switches),
  );
}

load().then(show, (error: Error) => replace(document.body, h("main", { class: "empty big" }, h("h1", {}, "The explorer can't load the contract"), h("p", { role: "alert" }, error.message), h("p", {}, "When the server runs, reload the page."))));
