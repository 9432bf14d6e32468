import type { Contract } from "../contract/contract.js";
import type { Event, Field, Namespace } from "../contract/ir.js";
import { namespacePath } from "../contract/path.js";
import { button, h, newId, onEnter, replace, select } from "../dom/element.js";
import type { FormContext } from "../forms/editor.js";
import { formContext } from "../forms/editors.js";
import { Form } from "../forms/form.js";
import type { Settings } from "../settings.js";
import { bytesAsText, isObject, member, type Value } from "../values/json.js";
import { Connection, type State, type Transports } from "./connection.js";
import { Log } from "./log.js";
import { Questions } from "./questions.js";
import { argumentProblems, namesOf, readIssues } from "./reply.js";
import { EventSender } from "./event_sender.js";

const STATES: { readonly [state in State]: string } = { disconnected: "Disconnected", connecting: "Connecting…", connected: "Connected", reconnecting: "Reconnecting…" };
const TRANSPORTS: readonly Transports[] = ["websocket, then polling", "websocket", "polling"];

/** What the server says before it ends a connection whose authentication has expired (docs/expiring-auth.md). */
const EXPIRED: Event = { name: "ackord:auth_expired", identifier: "auth_expired" };

/** One client of the console: its connection, what it sends, and its log. */
export class ClientPanel {
  readonly element: HTMLElement;
  readonly #settings: Settings;
  readonly #choices: readonly { readonly contract: Contract; readonly namespace: Namespace; readonly context: FormContext }[];
  readonly #log = new Log();
  readonly #questions = new Questions();
  readonly #state = h("span", { class: "status", role: "status" });
  readonly #namespace: HTMLSelectElement;
  readonly #transport = select(TRANSPORTS, () => undefined);
  readonly #toggle = button("Connect", () => this.#connectOrClose(), { class: "primary" });
  readonly #problem = h("p", { class: "problem", role: "alert", hidden: true });
  readonly #forms = h("div", {});
  readonly #setup: HTMLDetailsElement;
  readonly #sending = h("div", {});
  #params: Form | null = null;
  #auth: Form | null = null;
  #sender: EventSender | null = null;
  #connection: Connection | null = null;

  constructor(settings: Settings, name: string, remove: () => void) {
    this.#settings = settings;
    this.#choices = settings.contracts.flatMap((contract) => contract.namespaces.map((namespace) => ({ contract, namespace, context: formContext(contract) })));
    this.#namespace = select(this.#choices.map((each) => each.namespace.path), () => this.#chosen(), {});
    this.#setup = h(
      "details",
      { class: "setup", open: true, on: { keydown: onEnter(() => this.#connection || this.#connectOrClose()) } },
      h("summary", {}, "Connection"),
      labelled("Namespace", this.#namespace),
      this.#forms,
      labelled("Transport", this.#transport),
      this.#problem,
    );
    const close = (): void => {
      this.#close();
      remove();
    };
    this.element = h(
      "section",
      { class: "client", "aria-label": name },
      h("header", { class: "client-head" }, h("h3", {}, name), this.#state, this.#toggle, button("×", close, { class: "quiet remove", "aria-label": `Remove ${name}` })),
      this.#setup,
      this.#sending,
      this.#questions.element,
      this.#log.element,
    );
    this.#chosen();
    this.#show("disconnected");
  }

  get #choice() {
    const choice = this.#choices[this.#namespace.selectedIndex];
    if (!choice) throw new Error("the contract has no namespace");
    return choice;
  }

  /** Put an event into the form; choose its namespace if the client is free to. */
  offer(namespace: Namespace, event: Event): boolean {
    const index = this.#choices.findIndex((each) => each.namespace === namespace);
    if (index !== this.#namespace.selectedIndex) {
      if (this.#connection) return false;
      this.#namespace.selectedIndex = index;
      this.#chosen();
    }
    this.#sender?.choose(event);
    return true;
  }

  #chosen(): void {
    const { contract, namespace, context } = this.#choice;
    this.#params = namespace.params?.length ? new Form(context, namespace.params, "Parameters of the namespace") : null;
    const record = namespace.auth && contract.resolve(namespace.auth);
    const fields: readonly Field[] = record?.kind === "record" ? (record.fields ?? []) : namespace.auth ? [{ name: "auth", type: namespace.auth }] : [];
    this.#auth = fields.length ? new Form(context, fields, "Authentication") : null;
    replace(
      this.#forms,
      namespace.doc ? h("p", { class: "hint" }, namespace.doc) : null,
      this.#params && section("Parameters", this.#params.element),
      this.#auth ? section("Authentication", this.#auth.element) : h("p", { class: "hint" }, "This namespace needs no authentication."),
    );
    this.#sender = this.#settings.readOnly ? null : new EventSender(contract, namespace, context, this.#log, () => ({ ...this.#where(), connection: this.#connection }));
    replace(this.#sending, this.#sender?.element ?? h("p", { class: "notice" }, "This explorer is read-only: it listens, and sends no events."));
  }

  #where() {
    const params = this.#params?.read() ?? {};
    return { target: this.#settings.shown, params, path: namespacePath(this.#choice.namespace, params), auth: this.#authValue() };
  }

  #authValue(): Value | undefined {
    const { contract, namespace } = this.#choice;
    const values = this.#auth?.read();
    if (!namespace.auth || !values) return undefined;
    return contract.resolve(namespace.auth).kind === "record" ? values : values["auth"];
  }

  /** Whether the form holds what the contract declares; if not, it is shown there. */
  #isValid(form: Form | null): boolean {
    const values = form?.read();
    return values === undefined || (values !== null && form?.check(values) === true);
  }

  #connectOrClose(): void {
    if (this.#connection) return this.#close();
    this.#problem.hidden = true;
    if ([this.#params, this.#auth].map((form) => this.#isValid(form)).includes(false)) return;
    const where = this.#where();
    this.#connection = new Connection(this.#settings.target, where.path, where.auth === undefined ? undefined : bytesAsText(where.auth), TRANSPORTS[this.#transport.selectedIndex] ?? "websocket", {
      state: (state, detail, wire) => {
        this.#show(state);
        const connected = state === "connected" ? `${where.path} · ${this.#connection?.transport ?? ""} · id ${this.#connection?.id ?? ""}` : "";
        this.#log.add({ kind: state === "reconnecting" || (state === "disconnected" && detail) ? "error" : "state", title: STATES[state], note: [connected, detail].filter(Boolean).join(" · "), wire });
        if (state === "connected") this.#setup.open = false;
        if (state === "disconnected") this.#forget();
      },
      refused: (refusal, wire) => {
        this.#log.add({ kind: "error", title: "Connection refused", values: [{ message: refusal.message, data: refusal.data }], wire });
        this.#refused(refusal.message, refusal.data);
      },
      event: (name, args, wire, answer) => this.#received(name, args, wire, answer),
    });
  }

  #refused(message: string, data: Value): void {
    this.#close();
    const code = isObject(data) ? member(data, "code") : undefined;
    this.#problem.textContent = `The server refused the connection: ${typeof code === "string" && code !== message ? `${code}: ` : ""}${message}`;
    this.#problem.hidden = false;
    this.#setup.open = true;
    const issues = isObject(data) ? readIssues(member(data, "issues")) : [];
    this.#auth?.show(issues.map((issue) => ({ ...issue, loc: issue.loc[0] === "auth" ? issue.loc.slice(1) : issue.loc })));
  }

  #received(name: string, args: readonly Value[], wire: Parameters<Parameters<Connection["send"]>[3]>[0]["wire"], answer: ((values: readonly Value[]) => typeof wire) | null): void {
    const { contract, namespace, context } = this.#choice;
    const event = [...(namespace.server_to_client ?? []), ...(namespace.auth_expires ? [EXPIRED] : [])].find((each) => each.name === name);
    const problems = event ? argumentProblems(contract, event.args ?? [], args) : [{ loc: [], msg: "the contract has no such event of the server" }];
    const reply = (values: readonly Value[]): void => {
      this.#log.add({ kind: "sent", title: `answer to ${name}`, values, names: namesOf(event?.ack_args), wire: answer?.(values) ?? [] });
    };
    this.#log.add({ kind: "received", title: name, values: args, names: namesOf(event?.args), problems, wire, ...(answer ? { note: "asks for an answer" } : {}) });
    if (answer && event && !this.#settings.readOnly) this.#questions.ask(contract, context, event, args, reply);
  }

  #close(): void {
    this.#connection?.close();
    if (this.#connection) this.#log.add({ kind: "state", title: "Disconnected", note: "by this client" });
    this.#forget();
  }

  #forget(): void {
    this.#connection = null;
    this.#show("disconnected");
  }

  #show(state: State): void {
    this.#state.textContent = STATES[state];
    this.#state.dataset["state"] = state;
    const isFree = state === "disconnected";
    this.#toggle.textContent = isFree ? "Connect" : "Disconnect";
    this.#toggle.classList.toggle("primary", isFree);
    this.#namespace.disabled = !isFree;
    this.#sender?.enable(state === "connected");
    if (state !== "connected") this.#questions.discard();
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  control.id = newId();
  return h("div", { class: "row" }, h("label", { for: control.id }, text), control);
}

const section = (title: string, ...children: HTMLElement[]): HTMLElement => h("div", { class: "part" }, h("h4", {}, title), children);
