// Editors of values with parts: records, lists, tuples, maps.

import type { Field, ListType, MapType, TupleType } from "../contract/ir.js";
import { button, h, newId, replace } from "../dom/element.js";
import { isList, isObject, type Value } from "../values/json.js";
import { Editor, type FormContext, indented, type Labels } from "./editor.js";
import { FieldEditor } from "./field_editor.js";

/** The fields of a record, an error, or an event's arguments. */
export class FieldsEditor extends Editor {
  readonly element: HTMLElement;
  readonly #fields: ReadonlyMap<string, FieldEditor>;

  /** `tag` is what the value has besides: that of a record which belongs to a union. */
  constructor(context: FormContext, fields: readonly Field[], labels: Labels, private readonly tag: { readonly [tag: string]: string } = {}) {
    super();
    this.#fields = new Map(fields.map((field) => [field.name, new FieldEditor(context, field, labels.depth + 1)]));
    const rows = [...this.#fields.values()].map((field) => field.element);
    this.element = h("div", { class: indented("fields", labels), role: "group", "aria-labelledby": labels.labelId }, rows, fields.length ? null : h("p", { class: "hint" }, "No fields."));
  }

  override part(part: string | number): Editor | undefined {
    return this.#fields.get(String(part));
  }

  override parts(): readonly Editor[] {
    return [...this.#fields.values()];
  }

  read(): { [name: string]: Value } {
    const pairs = [...this.#fields].map(([name, field]) => [name, field.readPresent()] as const);
    return { ...this.tag, ...Object.fromEntries(pairs.filter((pair): pair is [string, Value] => pair[1] !== undefined)) };
  }

  write(value: Value): void {
    if (!isObject(value)) return;
    for (const [name, field] of this.#fields) field.writePresent(Object.hasOwn(value, name) ? value[name] : undefined);
  }
}

abstract class ItemsEditor extends Editor {
  readonly element: HTMLElement;
  protected readonly rows = h("div", { class: "items" });
  protected items: { readonly editor: Editor; readonly key: HTMLInputElement | null; readonly row: HTMLElement }[] = [];

  constructor(protected readonly context: FormContext, protected readonly labels: Labels, adder: string | null) {
    super();
    const add = adder && button(adder, () => this.add(), { class: "quiet add" });
    this.element = h("div", { class: indented("list", labels), role: "group", "aria-labelledby": labels.labelId }, this.rows, add);
  }

  protected abstract add(): Editor;

  protected push(editor: Editor, label: HTMLElement, key: HTMLInputElement | null, removable: boolean): Editor {
    const remove = removable && button("×", () => this.#remove(row), { class: "quiet remove", "aria-label": `Remove from ${this.labels.hint || "the list"}` });
    const row = h("div", { class: "item" }, h("div", { class: "item-head" }, label, remove), editor.element, editor.problem);
    this.items.push({ editor, key, row });
    this.rows.append(row);
    return editor;
  }

  protected clear(): void {
    this.items = [];
    replace(this.rows);
  }

  override parts(): readonly Editor[] {
    return this.items.map((item) => item.editor);
  }

  #remove(row: HTMLElement): void {
    this.items = this.items.filter((item) => item.row !== row);
    row.remove();
  }
}

export class ListEditor extends ItemsEditor {
  constructor(context: FormContext, private readonly type: ListType, labels: Labels) {
    super(context, labels, "Add an item");
    for (let count = 0; count < Math.min(type.constraints?.min_items ?? 0, 20); count += 1) this.add();
  }

  protected add(): Editor {
    const labelId = newId();
    const label = h("span", { class: "item-label", id: labelId }, `Item ${this.items.length + 1}`);
    return this.push(this.context.make(this.type.item, { labelId, hint: this.labels.hint, depth: this.labels.depth + 1 }), label, null, true);
  }

  override part(part: string | number): Editor | undefined {
    return this.items[Number(part)]?.editor;
  }

  read(): Value {
    return this.items.map((item) => item.editor.read());
  }

  write(value: Value): void {
    if (!isList(value)) return;
    this.clear();
    for (const item of value) this.add().write(item);
  }
}

export class TupleEditor extends ItemsEditor {
  constructor(context: FormContext, type: TupleType, labels: Labels) {
    super(context, labels, null);
    type.items.forEach((item, index) => {
      const labelId = newId();
      const label = h("span", { class: "item-label", id: labelId }, `Item ${index + 1}`);
      this.push(context.make(item, { labelId, hint: labels.hint, depth: labels.depth + 1 }), label, null, false);
    });
  }

  protected add(): Editor {
    throw new Error("a tuple has all its items");
  }

  override part(part: string | number): Editor | undefined {
    return this.items[Number(part)]?.editor;
  }

  read(): Value {
    return this.items.map((item) => item.editor.read());
  }

  write(value: Value): void {
    if (isList(value)) this.items.forEach((item, index) => item.editor.write(value[index] ?? null));
  }
}

export class MapEditor extends ItemsEditor {
  constructor(context: FormContext, private readonly type: MapType, labels: Labels) {
    super(context, labels, "Add an entry");
  }

  protected add(name = ""): Editor {
    const labelId = newId();
    const key = h("input", { type: "text", id: labelId, class: "key", placeholder: "key", "aria-label": `Key ${this.items.length + 1}`, value: name });
    return this.push(this.context.make(this.type.value, { labelId, hint: this.labels.hint, depth: this.labels.depth + 1 }), key, key, true);
  }

  override part(part: string | number): Editor | undefined {
    return this.items.find((item) => item.key?.value === part)?.editor;
  }

  read(): Value {
    return Object.fromEntries(this.items.map((item) => [item.key?.value ?? "", item.editor.read()]));
  }

  write(value: Value): void {
    if (!isObject(value)) return;
    this.clear();
    for (const [key, each] of Object.entries(value)) this.add(key).write(each);
  }
}
