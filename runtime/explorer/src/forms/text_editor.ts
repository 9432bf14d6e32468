import type { ScalarType } from "../contract/ir.js";
import { example } from "../contract/example.js";
import { button, h } from "../dom/element.js";
import { parseJson, formatJson, type Value } from "../values/json.js";
import { Editor, type FormContext, type Labels } from "./editor.js";

const LONG_TEXT = 200;

const uuid = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

/** Values that a button puts in. */
const MAKERS: { readonly [scalar: string]: readonly [string, () => string] } = {
  datetime: ["Now", () => new Date().toISOString()],
  date: ["Today", () => new Date().toISOString().slice(0, 10)],
  time: ["Now", () => new Date().toISOString().slice(11, 19)],
  uuid: ["New", uuid],
};

/** Numbers and texts of every form: what is written travels as text, or as a number where the type is one. */
export class TextEditor extends Editor {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement | HTMLTextAreaElement;
  readonly #isNumber: boolean;

  constructor(context: FormContext, type: ScalarType, labels: Labels) {
    super();
    this.#isNumber = type.name === "int" || type.name === "float";
    const maximum = type.constraints?.max_length ?? 0;
    const attributes = { "aria-labelledby": labels.labelId, placeholder: String(example(context.contract, type, labels.hint)), spellcheck: "false", autocomplete: "off" };
    this.#input =
      type.name === "str" && maximum > LONG_TEXT
        ? h("textarea", { ...attributes, rows: 2 })
        : h("input", { ...attributes, type: "text", inputmode: this.#isNumber || type.name === "int64" ? "decimal" : null });
    const maker = MAKERS[type.name];
    const made = maker && button(maker[0], () => this.write(maker[1]()), { class: "quiet", "aria-label": `${maker[0]}: ${labels.hint || type.name}` });
    this.element = h("div", { class: "control" }, this.#input, made);
  }

  override get control(): HTMLElement {
    return this.#input;
  }

  read(): Value {
    const text = this.#input.value;
    return this.#isNumber && text.trim() && !Number.isNaN(Number(text)) ? Number(text) : text;
  }

  write(value: Value): void {
    this.#input.value = value === null ? "" : typeof value === "object" ? formatJson(value) : String(value);
  }
}

/** JSON of any form, for `json`, `json_object` and the application's own types. */
export class JsonEditor extends Editor {
  readonly element: HTMLTextAreaElement;

  constructor(labels: Labels, placeholder = "{}") {
    super();
    this.element = h("textarea", { "aria-labelledby": labels.labelId, rows: 3, spellcheck: "false", class: "code", placeholder });
  }

  override get control(): HTMLElement {
    return this.element;
  }

  read(): Value {
    try {
      return parseJson(this.element.value);
    } catch {
      return this.element.value;
    }
  }

  /** What is wrong with the text as JSON. */
  syntaxProblem(): string | null {
    try {
      parseJson(this.element.value);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  write(value: Value): void {
    this.element.value = formatJson(value);
  }
}
