import type { Contract } from "../contract/contract.js";
import type { Event, Namespace } from "../contract/ir.js";
import { button, h, newId, onEnter, replace, select } from "../dom/element.js";
import type { FormContext } from "../forms/editor.js";
import { Form } from "../forms/form.js";
import type { Call } from "../snippets/call.js";
import { snippetsView } from "../snippets/view.js";
import type { Value } from "../values/json.js";
import type { Answer, Connection, Target } from "./connection.js";
import type { Log } from "./log.js";
import { namesOf, positional, readReply } from "./reply.js";
import { valueView } from "./value_view.js";

const TIMEOUT = 20;

export interface Where {
  readonly connection: Connection | null;
  readonly target: Target;
  readonly path: string;
  readonly params: { readonly [name: string]: Value };
  readonly auth: Value | undefined;
}

/** The form that sends the events of one namespace. */
export class EventSender {
  readonly element: HTMLElement;
  readonly #events: readonly Event[];
  readonly #choice: HTMLSelectElement;
  readonly #send = button("Send", () => this.#submit(), { class: "primary send" });
  readonly #unconnected = h("span", { class: "hint" }, "Connect first.");
  readonly #checks = h("input", { type: "checkbox", checked: true, id: newId() });
  readonly #body = h("div", {});
  readonly #doc = h("p", { class: "hint" });
  readonly #result = h("div", { class: "result", "aria-live": "polite" });
  #form: Form | null = null;
  #code: ReturnType<typeof snippetsView>;

  constructor(private readonly contract: Contract, private readonly namespace: Namespace, private readonly context: FormContext, private readonly log: Log, private readonly where: () => Where) {
    this.#events = namespace.client_to_server ?? [];
    this.#choice = select(this.#events.map((event) => event.name), () => this.#show(), { id: newId() });
    this.#code = snippetsView(() => this.#call());
    const checking = h("span", { class: "checking" }, this.#checks, h("label", { for: this.#checks.id }, "Check before sending"));
    this.element = this.#events.length
      ? h(
          "section",
          { class: "sender", "aria-label": "Send an event", on: { keydown: onEnter(() => this.#send.disabled || this.#submit()) } },
          h("div", { class: "row" }, h("label", { for: this.#choice.id }, "Event"), this.#choice),
          this.#doc,
          this.#body,
          h("div", { class: "actions" }, this.#send, this.#unconnected, checking),
          this.#result,
          this.#code.element,
        )
      : h("p", { class: "notice" }, "Clients send nothing in this namespace.");
    this.#show();
  }

  choose(event: Event): void {
    this.#choice.selectedIndex = this.#events.indexOf(event);
    this.#show();
  }

  enable(connected: boolean): void {
    this.#send.disabled = !connected;
    this.#unconnected.hidden = connected;
  }

  get #event(): Event | undefined {
    return this.#events[this.#choice.selectedIndex];
  }

  #show(): void {
    const event = this.#event;
    if (!event) return;
    this.#form = new Form(this.context, event.args ?? [], `Arguments of ${event.name}`);
    this.#doc.textContent = event.doc ?? "";
    this.#doc.hidden = !event.doc;
    replace(this.#body, event.args?.length ? this.#form.element : h("p", { class: "hint" }, "This event has no arguments."));
    replace(this.#result);
    this.#code.reset();
  }

  #submit(): void {
    const { connection } = this.where();
    const event = this.#event;
    const form = this.#form;
    const args = form?.read();
    if (!connection || !event || !form) return;
    if (!args || (this.#checks.checked && !form.check(args))) return replace(this.#result, h("p", { class: "outcome bad" }, "Not sent: see the fields."));
    if (!this.#checks.checked) form.show([]);
    const values = positional(event.args ?? [], args);
    const seconds = event.timeout ?? TIMEOUT;
    const wire = connection.send(event.name, values, event.acked ? seconds * 1000 : null, (answer) => this.#answered(event, form, answer, seconds));
    this.log.add({ kind: "sent", title: event.name, values, names: namesOf(event.args), wire });
    replace(this.#result, h("p", { class: "outcome" }, event.acked ? "Waiting for the answer…" : "Sent. This event has no acknowledgement."));
  }

  #answered(event: Event, form: Form, answer: Answer, seconds: number): void {
    const show = (...children: (HTMLElement | null)[]): void => (form === this.#form ? replace(this.#result, children) : undefined);
    if (typeof answer.values === "string") {
      const note = answer.values === "timeout" ? `no answer within ${seconds} s` : "the connection was lost before the answer came";
      this.log.add({ kind: "error", title: event.name, note });
      return show(h("p", { class: "outcome bad" }, `${note.charAt(0).toUpperCase()}${note.slice(1)}.`));
    }
    const time = `${answer.ms.toFixed(1)} ms`;
    const reply = readReply(this.contract, event, answer.values);
    if (reply.ok) {
      this.log.add({ kind: "ack", title: event.name, values: answer.values, names: namesOf(event.ack_args), note: time, problems: reply.problems, wire: answer.wire });
      const problem = reply.problems.length ? h("p", { class: "problem" }, "The answer isn't as the contract declares: see the log.") : null;
      return show(h("p", { class: "outcome good" }, reply.values.length ? "Answer" : "Answered, without a value", h("span", { class: "timing" }, time)), problem, ...reply.values.map(valueView));
    }
    const { code, message, data, issues } = reply.failure;
    this.log.add({ kind: "error", title: event.name, values: answer.values, note: time, wire: answer.wire });
    if (form === this.#form) form.show(issues);
    const kind = reply.declared ? "declared error" : "error";
    show(h("p", { class: "outcome bad" }, h("strong", {}, code), message && message !== code ? ` ${message}` : "", h("span", { class: "timing" }, `${kind} · ${time}`)), data === undefined ? null : valueView(data));
  }

  #call(): Call | null {
    const { target, path, params, auth } = this.where();
    const args = this.#form?.read();
    const event = this.#event;
    return args && event ? { contract: this.contract, namespace: this.namespace, event, target, path, params, auth, args, values: positional(event.args ?? [], args) } : null;
  }
}
