import { button, h } from "../dom/element.js";
import { tabs } from "../dom/tabs.js";
import type { Call } from "./call.js";
import { commandSnippet } from "./command.js";
import { pythonSnippet } from "./python.js";
import { typeScriptSnippet } from "./typescript.js";

const LANGUAGES = [["Python", pythonSnippet], ["TypeScript", typeScriptSnippet], ["Command line", commandSnippet]] as const;

/** What the form would send, as code: written anew whenever it is opened or another language is chosen. */
export function snippetsView(call: () => Call | null): { readonly element: HTMLElement; reset(): void } {
  const texts = LANGUAGES.map(() => h("pre", { tabindex: 0 }));
  const fill = (index: number): void => {
    const made = element?.open ? call() : null;
    const text = texts[index];
    if (text) text.textContent = made ? (LANGUAGES[index]?.[1](made) ?? "") : "";
  };
  let element: HTMLDetailsElement | null = null;
  const panels = tabs("Language", LANGUAGES.map(([label], index) => ({ label, panel: h("div", {}, texts[index]), shown: () => fill(index) })));
  const copy = button("Copy", () => void copied(texts[panels.current()]?.textContent ?? "", copy), { class: "quiet copy" });
  element = h("details", { class: "code-view", on: { toggle: () => fill(panels.current()) } }, h("summary", {}, "Copy as code"), h("div", { class: "code-body" }, copy, panels.element));
  const made = element;
  return { element: made, reset: () => (made.open = false) };
}

async function copied(text: string, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy it"; // pages over plain HTTP may not write to the clipboard
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}
