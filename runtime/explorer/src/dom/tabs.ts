import { h, newId } from "./element.js";

export interface Tab {
  readonly label: string;
  readonly panel: HTMLElement;
  readonly shown?: () => void;
  /** Whether another tab may be shown in place of this one. */
  readonly leave?: () => boolean;
}

/** Tabs as the ARIA practices describe them: arrow keys move between them. */
export function tabs(label: string, all: readonly Tab[]): { element: HTMLElement; show: (index: number) => void; current: () => number } {
  let current = -1;
  const buttons = all.map((tab, index) => {
    tab.panel.id ||= newId();
    tab.panel.setAttribute("role", "tabpanel");
    return h("button", { type: "button", role: "tab", id: newId(), "aria-controls": tab.panel.id, on: { click: () => show(index) } }, tab.label);
  });
  const show = (index: number): void => {
    if (index === current || all[current]?.leave?.() === false) return;
    current = index;
    buttons.forEach((button, each) => {
      button.setAttribute("aria-selected", String(each === index));
      button.tabIndex = each === index ? 0 : -1;
      const panel = all[each]?.panel;
      if (panel) {
        panel.hidden = each !== index;
        panel.setAttribute("aria-labelledby", button.id);
      }
    });
    all[index]?.shown?.();
  };
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    show((current + step + all.length) % all.length);
    buttons[current]?.focus();
  };
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: move } }, buttons);
  const element = h("div", { class: "tabbed" }, list, all.map((tab) => tab.panel));
  show(0);
  return { element, show, current: () => current };
}
