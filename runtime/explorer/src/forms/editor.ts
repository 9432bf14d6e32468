import type { Contract } from "../contract/contract.js";
import type { Type } from "../contract/ir.js";
import { h, newId } from "../dom/element.js";
import type { Issue } from "../values/check.js";
import type { Value } from "../values/json.js";

/** What edits the value of one type. `read` gives what was written even if it isn't valid: checking is another step. */
export abstract class Editor {
  abstract readonly element: HTMLElement;
  readonly problem = h("p", { class: "problem", id: newId(), hidden: true });

  abstract read(): Value;
  abstract write(value: Value): void;

  /** The editor of a part of the value. */
  part(_part: string | number): Editor | undefined {
    return undefined;
  }

  parts(): readonly Editor[] {
    return [];
  }

  /** The element that is marked as invalid; null if the problem stands below a group. */
  get control(): HTMLElement | null {
    return null;
  }

  show(text: string | null): void {
    this.problem.hidden = text === null;
    this.problem.textContent = text ?? "";
    if (text === null) this.control?.removeAttribute("aria-invalid");
    else this.control?.setAttribute("aria-invalid", "true");
    const before = (this.control?.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== this.problem.id);
    const ids = text === null ? before : [...before, this.problem.id];
    if (ids.length) this.control?.setAttribute("aria-describedby", ids.join(" "));
    else this.control?.removeAttribute("aria-describedby");
  }
}

export interface Labels {
  /** The id of the element that names the editor. */
  readonly labelId: string;
  /** The name of the field, from which examples are made. */
  readonly hint: string;
  /** How many forms this one is within. */
  readonly depth: number;
}

/** Forms within forms are indented, but not so often that nothing is left of the width. */
const MOST_INDENTS = 5;
export const indented = (name: string, labels: Labels): string => (labels.depth > 0 && labels.depth <= MOST_INDENTS ? `${name} nested` : name);

export type MakeEditor = (type: Type, labels: Labels) => Editor;

export interface FormContext { readonly contract: Contract; readonly make: MakeEditor }

export function clearProblems(editor: Editor): void {
  editor.show(null);
  editor.parts().forEach(clearProblems);
}

/** Show each issue at the innermost editor that its location leads to; parts of the location that are no fields (a tag, a kind) are skipped. */
export function showIssues(root: Editor, issues: readonly Issue[]): void {
  clearProblems(root);
  const texts = new Map<Editor, string[]>();
  for (const issue of issues) {
    let editor = root;
    for (const step of issue.loc) editor = editor.part(step) ?? editor;
    texts.set(editor, [...(texts.get(editor) ?? []), issue.msg]);
  }
  for (const [editor, messages] of texts) editor.show([...new Set(messages)].join("; "));
}
