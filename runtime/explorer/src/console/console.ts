import type { Event, Namespace } from "../contract/ir.js";
import { button, h } from "../dom/element.js";
import type { Settings } from "../settings.js";
import { ClientPanel } from "./client_panel.js";

const MOST_CLIENTS = 8;

/** The clients side by side. */
export class Console {
  readonly element: HTMLElement;
  readonly #settings: Settings;
  readonly #row = h("div", { class: "clients" });
  readonly #add = button("Add a client", () => this.add(), { class: "quiet" });
  readonly #panels: ClientPanel[] = [];
  #made = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.element = h("section", { class: "console", id: "console", "aria-label": "Console", tabindex: -1 }, h("div", { class: "console-head" }, h("h2", {}, "Console"), this.#add), this.#row);
    this.add();
    this.add();
  }

  add(): void {
    if (this.#panels.length >= MOST_CLIENTS) return;
    this.#made += 1;
    const panel = new ClientPanel(this.#settings, `Client ${this.#made}`, () => {
      this.#panels.splice(this.#panels.indexOf(panel), 1);
      panel.element.remove();
    });
    this.#panels.push(panel);
    this.#row.append(panel.element);
  }

  /** Put an event into the form of the first client that can send it. */
  offer(namespace: Namespace, event: Event): void {
    const taker = this.#panels.find((panel) => panel.offer(namespace, event));
    if (taker) taker.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    else this.add();
    if (!taker) this.#panels.at(-1)?.offer(namespace, event);
  }
}
