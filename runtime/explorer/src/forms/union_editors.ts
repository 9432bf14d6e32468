import { recordOf, membersOf, issuesOf } from "../values/check.js";
import type { TaggedUnion, Type } from "../contract/ir.js";
import { typeText } from "../contract/type_text.js";
import { h, replace, select } from "../dom/element.js";
import { isObject, member, type Value } from "../values/json.js";
import { Editor, type FormContext, type Labels } from "./editor.js";
import { FieldsEditor } from "./group_editors.js";

/** From this depth on, a form begins with the simplest member of a union: a union may contain itself. */
const DEEP = 2;

/** One of several editors, chosen by name. */
abstract class SwitchingEditor extends Editor {
  readonly element: HTMLElement;
  readonly #choice: HTMLSelectElement;
  readonly #body = h("div", {});
  protected inner: Editor | null = null;

  constructor(names: readonly string[], label: string, private readonly makers: readonly (() => Editor)[], first = 0) {
    super();
    this.#choice = select(names, () => this.choose(this.#choice.selectedIndex), { "aria-label": label });
    this.element = h("div", { class: "union" }, this.#choice, this.#body);
    this.choose(first);
  }

  protected get chosen(): number {
    return this.#choice.selectedIndex;
  }

  protected choose(index: number): void {
    const inner = this.makers[index]?.();
    if (!inner) return;
    this.#choice.selectedIndex = index;
    this.inner = inner;
    replace(this.#body, inner.element, inner.problem);
  }

  override get control(): HTMLElement {
    return this.inner?.control ?? this.#choice;
  }

  override part(part: string | number): Editor | undefined {
    return this.inner?.part(part);
  }

  override parts(): readonly Editor[] {
    return this.inner ? [this.inner] : [];
  }
}

export class TaggedEditor extends SwitchingEditor {
  readonly #context: FormContext;
  readonly #union: TaggedUnion;

  constructor(context: FormContext, union: TaggedUnion, labels: Labels) {
    const members = membersOf(context.contract, union);
    super(
      members.map((each) => each.tag_value ?? each.name),
      `${labels.hint || union.name}: ${union.tag}`,
      members.map((each) => () => new FieldsEditor(context, each.fields ?? [], { ...labels, depth: labels.depth + 1 }, context.contract.tagOf(each))),
      labels.depth < DEEP ? 0 : context.contract.simplest(members.map(({ name }) => ({ kind: "ref", name }))),
    );
    this.#context = context;
    this.#union = union;
  }

  read(): Value {
    return this.inner?.read() ?? null;
  }

  write(value: Value): void {
    if (!isObject(value)) return;
    const record = recordOf(this.#context.contract, this.#union, member(value, this.#union.tag));
    if (!record) return;
    this.choose(membersOf(this.#context.contract, this.#union).indexOf(record));
    this.inner?.write(value);
  }
}

export class UnionEditor extends SwitchingEditor {
  readonly #context: FormContext;
  readonly #members: readonly Type[];

  constructor(context: FormContext, members: readonly Type[], labels: Labels) {
    super(
      members.map(typeText),
      `${labels.hint || "value"}: type`,
      members.map((type) => () => context.make(type, { ...labels, depth: labels.depth + 1 })),
      labels.depth < DEEP ? 0 : context.contract.simplest(members),
    );
    this.#context = context;
    this.#members = members;
  }

  read(): Value {
    return this.inner?.read() ?? null;
  }

  write(value: Value): void {
    const index = this.#members.findIndex((type) => !issuesOf(this.#context.contract, type, value).length);
    if (index < 0) return;
    this.choose(index);
    this.inner?.write(value);
  }
}

/** A value or null, where no field offers the choice: items of lists, values of maps. It begins as null if the value has parts. */
export class NullableEditor extends SwitchingEditor {
  constructor(context: FormContext, item: Type, labels: Labels) {
    super(["value", "null"], `${labels.hint || "value"}: value or null`, [() => context.make(item, labels), () => new NullEditor()], Number(context.contract.hasParts(item)));
  }

  read(): Value {
    return this.inner?.read() ?? null;
  }

  write(value: Value): void {
    this.choose(value === null ? 1 : 0);
    this.inner?.write(value);
  }
}

class NullEditor extends Editor {
  readonly element = h("span", {});

  read(): Value {
    return null;
  }

  write(): void {
    // There is only one value.
  }
}
