// Elements of the page. Text that a user wrote goes in as text, never as HTML.
import type { ImageBody, RoomName } from "./contract/index.js";
import type { Said } from "./state.js";

/** The element of the page with this id, which is of this kind. */
export function $<Kind extends HTMLElement = HTMLElement>(id: string, kind?: new () => Kind): Kind;
export function $(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`no ${kind.name} #${id}`);
}

type Attributes = { readonly [name: string]: string | boolean | undefined | (() => void) };

/** Make an element: `el("p", { class: "x", onclick: f }, "text", child)`. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Two letters on the color that belongs to the name. */
export function avatar(
  name: string,
  element: HTMLElement = el("span", { class: "avatar", "aria-hidden": "true" }),
): HTMLElement {
  const letters = [...name.trim()];
  let hue = 7;
  for (const letter of letters) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  element.style.setProperty("--hue", String(hue));
  element.textContent = letters.slice(0, 2).join("").toUpperCase();
  return element;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function time(sentAt: string): HTMLElement {
  return el(
    "time",
    { datetime: sentAt, title: new Date(sentAt).toLocaleString() },
    clock.format(new Date(sentAt)),
  );
}

/** What the buttons of a message do. */
export interface MessageActions {
  edit(said: Said): void;
  discard(said: Said): void;
  enlarge(url: string, alt: string): void;
}

/** The elements of one message. */
export function message(
  said: Said,
  { mine, follows }: { mine: boolean; follows: boolean },
  actions: MessageActions,
): HTMLElement {
  const { author, sent_at: sentAt, body, failure } = said;
  const box = el("div", { class: "said" });
  if (!follows)
    box.append(
      el(
        "div",
        { class: "head" },
        el("strong", {}, author),
        sentAt ? time(sentAt) : failure ? "" : "sending…",
      ),
    );
  box.append(
    body.kind === "image"
      ? picture(said, body, actions)
      : el("div", { class: "bubble" }, body.text),
  );
  if (failure) {
    const edit = el("button", { type: "button", onclick: () => actions.edit(said) }, "Edit");
    const discard = el(
      "button",
      { type: "button", onclick: () => actions.discard(said) },
      "Discard",
    );
    box.append(
      el(
        "div",
        { class: "failure", role: "alert" },
        el("span", {}, `Not sent. ${failure}`),
        edit,
        discard,
      ),
    );
  }
  const state = failure ? " failed" : sentAt ? "" : " pending";
  const item = el("li", {
    class: `message${mine ? " mine" : ""}${follows ? " follows" : ""}${state}`,
  });
  if (!mine) item.append(follows ? el("span") : avatar(author));
  item.append(box);
  return item;
}

function picture(said: Said, body: ImageBody, actions: MessageActions): HTMLElement {
  const alt = body.caption ?? `Picture from ${said.author}`;
  const url = (said.url ??= pictureUrl(body));
  const button = el(
    "button",
    { type: "button", "aria-label": `Enlarge: ${alt}`, onclick: () => actions.enlarge(url, alt) },
    el("img", { src: url, alt }),
  );
  const bubble = el("div", { class: "bubble picture" }, button);
  if (body.caption) bubble.append(el("p", {}, body.caption));
  return bubble;
}

export const pictureUrl = ({ data, mime }: ImageBody): string =>
  URL.createObjectURL(new Blob([data.slice()], { type: mime }));

interface RoomLine {
  count?: number | undefined;
  unread?: number;
  current?: boolean;
  title?: string;
  onclick(): void;
}

/** One line of a list of rooms. */
export function roomLine(
  name: RoomName,
  { count, unread, current, onclick, title }: RoomLine,
): HTMLElement {
  const button = el(
    "button",
    { type: "button", title, "aria-current": current && "true", onclick },
    el("span", { class: "hash", "aria-hidden": "true" }, "#"),
    el("span", { class: "room-name" }, name),
  );
  if (unread)
    button.append(
      el(
        "span",
        { class: "unread", "aria-label": `${unread} unread` },
        unread > 99 ? "99+" : String(unread),
      ),
    );
  else if (count !== undefined)
    button.append(el("span", { class: "count", "aria-label": `${count} here` }, String(count)));
  return el("li", {}, button);
}

/** Show a passing note; errors stay longer. */
export function toast(text: string, { bad = false } = {}): void {
  const close = el("button", { class: "icon", type: "button", "aria-label": "Dismiss" }, "×");
  const note = el("div", { class: `toast${bad ? " bad" : ""}` }, el("p", {}, text), close);
  close.addEventListener("click", () => note.remove());
  const box = $("toasts");
  box.append(note);
  while (box.childElementCount > 3) box.firstElementChild?.remove();
  setTimeout(() => note.remove(), bad ? 9000 : 4500);
}

/** Show what is wrong with a field beneath it; an empty text takes it away. */
export function fieldError(input: HTMLInputElement, text: string): void {
  $(input.getAttribute("aria-describedby") ?? "").textContent = text;
  if (text) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else input.removeAttribute("aria-invalid");
}
