import type { Field } from "../contract/ir.js";
import { constraintsOf, fieldSuffix, typeText } from "../contract/type_text.js";
import { h, newId, select } from "../dom/element.js";
import type { Value } from "../values/json.js";
import { Editor, type FormContext } from "./editor.js";

type Presence = "value" | "null" | "absent";

/** A field with its label, its type, and a choice whether it is there, null or absent, where the type leaves one. */
export class FieldEditor extends Editor {
  readonly element: HTMLElement;
  readonly #presences: readonly Presence[];
  readonly #presence: HTMLSelectElement | null;
  readonly #body = h("div", { class: "field-body" });
  readonly #make: () => Editor;
  #inner: Editor | null = null;

  constructor(context: FormContext, field: Field, depth: number) {
    super();
    const labelId = newId();
    const resolved = context.contract.resolve(field.type);
    const type = resolved.kind === "nullable" ? resolved.item : field.type;
    this.#make = () => context.make(type, { labelId, hint: field.name, depth });
    this.#presences = [...(field.required === false ? (["absent"] as const) : []), "value", ...(resolved.kind === "nullable" ? (["null"] as const) : [])];
    const absent = field.default ? `default: ${JSON.stringify(field.default.value)}` : "absent";
    this.#presence =
      this.#presences.length === 1
        ? null
        : select(this.#presences.map((each) => (each === "absent" ? absent : each)), () => this.#arrange(), { class: "presence", "aria-label": `${field.name}: value, null or absent` });
    // A record may contain itself: what is made of parts is only made where it is asked for.
    if (resolved.kind === "nullable" && this.#presences[0] === "value" && context.contract.hasParts(type)) this.#select("null");
    const limits = [...constraintsOf(resolved.kind === "scalar" ? resolved : field.type)];
    this.element = h(
      "div",
      { class: field.deprecated ? "field deprecated" : "field", "data-field": field.name },
      h("div", { class: "field-head" }, h("span", { class: "field-name", id: labelId }, field.name), h("span", { class: "field-type" }, typeText(field.type) + fieldSuffix(field)), this.#presence),
      field.doc || limits.length ? h("p", { class: "hint" }, [field.doc, limits.join(", ")].filter(Boolean).join(" · ")) : null,
      this.#body,
      this.problem,
    );
    this.#arrange();
  }

  get #current(): Presence {
    return this.#presences[this.#presence?.selectedIndex ?? 0] ?? "value";
  }

  #select(wanted: Presence): void {
    const index = this.#presences.indexOf(wanted);
    if (this.#presence && index >= 0) this.#presence.selectedIndex = index;
  }

  /** Make the inner editor when it is needed: a record may contain itself. */
  #arrange(): void {
    if (this.#current === "value" && !this.#inner) {
      this.#inner = this.#make();
      this.#body.append(this.#inner.element, this.#inner.problem);
    }
    this.#body.hidden = this.#current !== "value";
  }

  override get control(): HTMLElement | null {
    return this.#current === "value" ? (this.#inner?.control ?? null) : this.#presence;
  }

  override part(part: string | number): Editor | undefined {
    return this.#inner?.part(part);
  }

  override parts(): readonly Editor[] {
    return this.#inner ? [this.#inner] : [];
  }

  readPresent(): Value | undefined {
    if (this.#current === "absent") return undefined;
    return this.#current === "null" ? null : this.#inner?.read();
  }

  read(): Value {
    return this.readPresent() ?? null;
  }

  writePresent(value: Value | undefined): void {
    const wanted: Presence = value === undefined ? "absent" : value === null && this.#presences.includes("null") ? "null" : "value";
    this.#select(wanted);
    this.#arrange();
    if (wanted === "value" && value !== undefined) this.#inner?.write(value);
  }

  write(value: Value): void {
    this.writePresent(value);
  }
}
