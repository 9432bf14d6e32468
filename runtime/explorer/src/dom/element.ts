// Elements are made here and nowhere else, from text only: nothing is ever parsed as HTML.

export type Child = Node | string | null | undefined | false | readonly Child[];

interface Properties {
  class?: string;
  on?: { [name: string]: (event: never) => void };
  [attribute: string]: unknown;
}

export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (typeof child === "string") parent.appendChild(document.createTextNode(child));
    else if (child instanceof Node) parent.appendChild(child);
  }
}

/** Make an element. `on` adds listeners; true sets an attribute without a value; null, undefined and false leave it out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(properties.on ?? {})) element.addEventListener(event, listener as EventListener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

let last = 0;

/** A new id for an element. */
export const newId = (): string => `e${++last}`;

export const button = (label: string, action: () => void, properties: Properties = {}): HTMLButtonElement =>
  h("button", { type: "button", ...properties, on: { click: action } }, label);

/** A listener of `keydown`: Enter in a field of one line, and Ctrl+Enter or Cmd+Enter everywhere. */
export const onEnter = (action: () => void) => (event: KeyboardEvent): void => {
  const inLine = event.target instanceof HTMLInputElement && event.target.type === "text";
  if (event.key !== "Enter" || event.isComposing || !(inLine || event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  action();
};

/** A choice among texts; the value of an option is its place in the list. */
export function select(options: readonly string[], change: (index: number) => void, properties: Properties = {}): HTMLSelectElement {
  const element = h(
    "select",
    { ...properties, on: { change: () => change(element.selectedIndex) } },
    options.map((text) => h("option", {}, text)),
  );
  return element;
}
