// Elements made from values. Whatever a user wrote goes in as text, never as HTML.

export const $ = (id) => document.getElementById(id);

/** Make an element: `el("p", { class: "x", onclick: f }, "text", child)`. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Two letters on the color that belongs to the name. */
export function avatar(name, element = el("span", { class: "avatar", "aria-hidden": "true" })) {
  const letters = [...name.trim()];
  let hue = 7;
  for (const letter of letters) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
  element.textContent = letters.slice(0, 2).join("").toUpperCase();
  return element;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function time(sentAt) {
  return el("time", { datetime: sentAt, title: new Date(sentAt).toLocaleString() }, clock.format(new Date(sentAt)));
}

/** The elements of one message. `actions` has `edit`, `discard` and `show`. */
export function message(entry, { mine, follows }, actions) {
  const { author, sent_at: sentAt, body } = entry;
  const said = el("div", { class: "said" });
  if (!follows) said.append(el("div", { class: "head" }, el("strong", {}, author), sentAt ? time(sentAt) : entry.failure ? "" : "sending…"));
  said.append(body.kind === "image" ? picture(entry, actions) : el("div", { class: "bubble" }, body.text));
  if (entry.failure) {
    const failure = el("div", { class: "failure", role: "alert" }, el("span", {}, `Not sent. ${entry.failure}`));
    if (body.kind === "text_body") failure.append(el("button", { type: "button", onclick: () => actions.edit(entry) }, "Edit"));
    failure.append(el("button", { type: "button", onclick: () => actions.discard(entry) }, "Discard"));
    said.append(failure);
  }
  const state = entry.failure ? " failed" : sentAt ? "" : " pending";
  const item = el("li", { class: `message${mine ? " mine" : ""}${follows ? " follows" : ""}${state}` });
  if (!mine) item.append(follows ? el("span") : avatar(author));
  item.append(said);
  return item;
}

function picture(entry, actions) {
  const alt = entry.body.caption || `Picture from ${entry.author}`;
  entry.url ??= URL.createObjectURL(new Blob([entry.body.data], { type: entry.body.mime }));
  const image = el("img", { src: entry.url, alt });
  const bubble = el("div", { class: "bubble picture" }, el("button", { type: "button", "aria-label": `Enlarge: ${alt}`, onclick: () => actions.show(entry.url, alt) }, image));
  if (entry.body.caption) bubble.append(el("p", {}, entry.body.caption));
  return bubble;
}

/** One line of a list of rooms. */
export function room(name, { count, unread, current, onclick, title }) {
  const button = el("button", { type: "button", title, "aria-current": current && "true", onclick }, el("span", { class: "hash", "aria-hidden": "true" }, "#"), el("span", { class: "room-name" }, name));
  if (unread) button.append(el("span", { class: "unread", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : String(unread)));
  else if (count !== undefined) button.append(el("span", { class: "count", "aria-label": `${count} here` }, String(count)));
  return el("li", {}, button);
}

/** Show a passing note; errors stay longer. */
export function toast(text, { bad = false } = {}) {
  const close = el("button", { class: "icon", type: "button", "aria-label": "Dismiss" }, "×");
  const note = el("div", { class: `toast${bad ? " bad" : ""}` }, el("p", {}, text), close);
  close.addEventListener("click", () => note.remove());
  const box = $("toasts");
  box.append(note);
  while (box.childElementCount > 3) box.firstElementChild.remove();
  setTimeout(() => note.remove(), bad ? 9000 : 4500);
}

/** Show what is wrong with a field beneath it; an empty text takes it away. */
export function fieldError(input, text) {
  $(input.getAttribute("aria-describedby")).textContent = text;
  if (text) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else input.removeAttribute("aria-invalid");
}
