import { h, select } from "../dom/element.js";
import type { Value } from "../values/json.js";
import { Editor, type Labels } from "./editor.js";

/** One of some values: a literal, or a member of a closed enumeration. */
export class ChoiceEditor extends Editor {
  readonly element: HTMLSelectElement;
  readonly #values: readonly Value[];

  constructor(values: readonly Value[], labels: Labels) {
    super();
    this.#values = values;
    const texts = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
    this.element = select(texts, () => undefined, { "aria-labelledby": labels.labelId });
  }

  override get control(): HTMLElement {
    return this.element;
  }

  read(): Value {
    return this.#values[this.element.selectedIndex] ?? null;
  }

  write(value: Value): void {
    const index = this.#values.indexOf(value);
    if (index >= 0) this.element.selectedIndex = index;
  }
}

export class BoolEditor extends ChoiceEditor {
  constructor(labels: Labels) {
    super([false, true], labels);
  }
}

/** An open enumeration: its members are offered, and any text may be written. */
export class OpenEnumEditor extends Editor {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;

  constructor(values: readonly string[], labels: Labels) {
    super();
    const listId = `${labels.labelId}-members`;
    this.#input = h("input", { type: "text", list: listId, "aria-labelledby": labels.labelId, value: values[0] ?? "" });
    this.element = h("div", { class: "control" }, this.#input, h("datalist", { id: listId }, values.map((value) => h("option", { value }))));
  }

  override get control(): HTMLElement {
    return this.#input;
  }

  read(): Value {
    return this.#input.value;
  }

  write(value: Value): void {
    this.#input.value = String(value);
  }
}
