import { fieldExamples } from "../contract/example.js";
import type { Field } from "../contract/ir.js";
import { button, h, newId } from "../dom/element.js";
import { tabs } from "../dom/tabs.js";
import { Checker, describeIssue, type Issue } from "../values/check.js";
import { isObject, type Value } from "../values/json.js";
import { clearProblems, type FormContext, showIssues } from "./editor.js";
import { FieldsEditor } from "./group_editors.js";
import { JsonEditor } from "./text_editor.js";

/** A form over fields, and the same values as JSON. */
export class Form {
  readonly element: HTMLElement;
  readonly #context: FormContext;
  readonly #fields: readonly Field[];
  readonly #editor: FieldsEditor;
  readonly #json: JsonEditor;
  readonly #tabs: ReturnType<typeof tabs> | null;

  constructor(context: FormContext, fields: readonly Field[], label: string) {
    this.#context = context;
    this.#fields = fields;
    const labelId = newId();
    this.#editor = new FieldsEditor(context, fields, { labelId, hint: "", depth: 0 });
    this.#json = new JsonEditor({ labelId, hint: "", depth: 0 });
    this.#json.element.rows = 6;
    this.#tabs = fields.length
      ? tabs(`${label}: form or JSON`, [
          { label: "Form", panel: h("div", {}, this.#editor.element, this.#editor.problem) },
          { label: "JSON", panel: h("div", {}, this.#json.element, this.#json.problem), shown: () => this.#json.write(this.#editor.read()), leave: () => this.#fromJson() },
        ])
      : null;
    const filling = fields.length ? button("Example", () => this.write(fieldExamples(context.contract, fields)), { class: "quiet fill", title: "Fill in values made from the types" }) : null;
    this.element = h("div", { class: "form" }, h("span", { id: labelId, class: "sr" }, label), filling, this.#tabs?.element);
  }

  get #isJson(): boolean {
    return this.#tabs?.current() === 1;
  }

  /** The values by name, valid or not; null if the JSON can't be read, which is shown. */
  read(): { readonly [name: string]: Value } | null {
    if (!this.#isJson) return this.#editor.read();
    return this.#readJson();
  }

  #readJson(): { readonly [name: string]: Value } | null {
    const value = this.#json.read();
    if (isObject(value)) return value;
    this.#json.show(this.#json.syntaxProblem() ?? "must be an object with the names of the fields");
    return null;
  }

  write(values: { readonly [name: string]: Value }): void {
    clearProblems(this.#editor);
    this.#json.show(null);
    this.#editor.write(values);
    if (this.#isJson) this.#json.write(values);
  }

  /** Whether the values are as the contract declares; if not, the issues are shown at their fields. */
  check(values: { readonly [name: string]: Value }): boolean {
    const checker = new Checker(this.#context.contract);
    checker.fields(this.#fields, values);
    const issues = [...checker.issues, ...this.#unknown(values)];
    this.show(issues);
    return !issues.length;
  }

  #unknown(values: { readonly [name: string]: Value }): readonly Issue[] {
    return Object.keys(values).filter((name) => !this.#fields.some((field) => field.name === name)).map((name) => ({ loc: [name], msg: "isn't in the contract" }));
  }

  show(issues: readonly Issue[]): void {
    if (this.#isJson) this.#json.show(issues.length ? issues.map(describeIssue).join("; ") : null);
    else showIssues(this.#editor, issues);
  }

  /** Take over what is written as JSON; return whether it can be read. What no field can hold is told at the field. */
  #fromJson(): boolean {
    const values = this.#json.element.value.trim() ? this.#readJson() : {};
    if (!values) return false;
    const unknown = this.#unknown(values);
    this.#json.show(unknown.length ? unknown.map(describeIssue).join("; ") : null);
    if (unknown.length) return false;
    this.#editor.write(values);
    const checker = new Checker(this.#context.contract);
    checker.fields(this.#fields.filter((field) => Object.hasOwn(values, field.name)), values);
    showIssues(this.#editor, checker.issues);
    return true;
  }
}
