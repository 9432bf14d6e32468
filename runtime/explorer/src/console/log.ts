import { button, type Child, h, newId } from "../dom/element.js";
import { describeIssue, type Issue } from "../values/check.js";
import { sizeText } from "../values/bytes.js";
import type { Value } from "../values/json.js";
import { summary, valueView } from "./value_view.js";
import type { Packet } from "./wire.js";

/** Entries that are kept; the oldest go first. */
const MOST_ENTRIES = 300;

export type Kind = "sent" | "received" | "ack" | "error" | "state";
const SIGNS: { readonly [kind in Kind]: string } = { sent: "↑", received: "↓", ack: "✓", error: "!", state: "·" };
const WORDS: { readonly [kind in Kind]: string } = { sent: "sent", received: "received", ack: "acknowledged", error: "error", state: "connection" };

export interface Entry {
  readonly kind: Kind;
  readonly title: string;
  readonly values?: readonly Value[];
  /** The names of the values, as far as the contract names them. */
  readonly names?: readonly string[];
  readonly note?: string;
  readonly problems?: readonly Issue[];
  readonly wire?: readonly Packet[];
}

/** What happened to one client, the newest first. */
export class Log {
  readonly element: HTMLElement;
  readonly #list = h("ol", { class: "entries", "aria-label": "Log" });
  readonly #filter = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter the log", on: { input: () => this.#refilter() } });
  readonly #pause: HTMLButtonElement;
  readonly #empty = h("p", { class: "empty" }, "Nothing yet. What this client sends and receives appears here.");
  readonly #waiting: HTMLElement[] = [];
  #paused = false;

  constructor() {
    this.#pause = button("Pause", () => this.#toggle(), { class: "quiet", "aria-pressed": "false" });
    const clear = button("Clear", () => this.#clear(), { class: "quiet" });
    this.element = h("section", { class: "log", "aria-label": "Log of this client" }, h("div", { class: "log-head" }, this.#filter, this.#pause, clear), this.#empty, this.#list);
  }

  add(entry: Entry): void {
    const row = rowOf(entry);
    if (!this.#paused) return this.#show(row);
    this.#waiting.push(row);
    if (this.#waiting.length > MOST_ENTRIES) this.#waiting.shift();
    this.#label();
  }

  #label(): void {
    this.#pause.textContent = !this.#paused ? "Pause" : this.#waiting.length ? `Resume (${this.#waiting.length})` : "Resume";
  }

  #show(row: HTMLElement): void {
    row.hidden = !this.#matches(row);
    this.#list.prepend(row);
    while (this.#list.childElementCount > MOST_ENTRIES) this.#list.lastElementChild?.remove();
    this.#empty.hidden = true;
  }

  #matches(row: HTMLElement): boolean {
    return (row.textContent ?? "").toLowerCase().includes(this.#filter.value.trim().toLowerCase());
  }

  #refilter(): void {
    for (const row of this.#list.children) (row as HTMLElement).hidden = !this.#matches(row as HTMLElement);
  }

  #toggle(): void {
    this.#paused = !this.#paused;
    this.#pause.setAttribute("aria-pressed", String(this.#paused));
    if (!this.#paused) for (const row of this.#waiting.splice(0)) this.#show(row);
    this.#label();
  }

  #clear(): void {
    this.#list.replaceChildren();
    this.#waiting.length = 0;
    this.#label();
    this.#empty.hidden = false;
  }
}

function rowOf(entry: Entry): HTMLElement {
  const time = new Date();
  const titleId = newId();
  const details: Child[] = [
    entry.values?.map((value, index) => [entry.names?.[index] === undefined ? null : h("div", { class: "value-name" }, entry.names[index]), valueView(value)]),
    entry.problems?.length ? h("p", { class: "problem" }, `Not as the contract declares: ${entry.problems.map(describeIssue).join("; ")}`) : null,
    entry.wire?.length ? wireView(entry.wire) : null,
  ];
  const hasDetails = Boolean(entry.values?.length || entry.problems?.length || entry.wire?.length);
  const head: Child[] = [
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[entry.kind]),
    h("span", { class: "sr" }, WORDS[entry.kind]),
    h("span", { class: "entry-title", id: titleId }, entry.title),
    entry.problems?.length ? h("span", { class: "badge bad" }, "not as declared") : null,
    h("span", { class: "entry-summary" }, entry.values?.length ? summary(entry.values) : (entry.note ?? "")),
    entry.values?.length && entry.note ? h("span", { class: "entry-note" }, entry.note) : null,
    h("time", { datetime: time.toISOString() }, timeText(time)),
  ];
  return h("li", { class: `entry ${entry.kind}` }, hasDetails ? h("details", {}, h("summary", {}, head), details) : h("div", { class: "entry-line" }, head));
}

/** The time where the reader is, to the millisecond. */
function timeText(time: Date): string {
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${seconds}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

function wireView(packets: readonly Packet[]): HTMLElement {
  const lines = packets.map((packet) => {
    const attachments = packet.attachments.map((size) => ` + ${sizeText(size)}`).join("");
    return h("div", {}, h("span", { class: "sr" }, packet.sent ? "sent" : "received"), `${packet.sent ? "→" : "←"} ${packet.text}${attachments}`);
  });
  return h("details", { class: "wire" }, h("summary", {}, packets.length === 1 ? "Packet" : "Packets"), h("pre", { tabindex: 0 }, lines));
}
