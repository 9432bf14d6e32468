// The room in sight: its messages, its people, who is writing.
import type { RoomName, UserName } from "./contract/index.js";
import { type Entry, type Said, currentRoom, isSaid, rooms, state } from "./state.js";
import { $, type MessageActions, avatar, el, message } from "./view.js";

const SHOWN_MESSAGES = 200;
/** Milliseconds after which somebody who doesn't go on writing has stopped. */
export const TYPING_ENDS_AFTER = 3000;

/** Whether the newest message is in sight; it then stays so, whatever changes its size. */
let atEnd = true;

const actions: MessageActions = {
  edit: () => undefined,
  discard(said) {
    const room = rooms.get(said.room);
    if (room) room.entries = room.entries.filter((other) => other !== said);
    drawMessages();
  },
  enlarge(url, alt) {
    const image = $("viewer-image", HTMLImageElement);
    image.src = url;
    image.alt = alt;
    $("viewer", HTMLDialogElement).showModal();
  },
};

/** Say what is done to edit a message that the server hasn't taken. */
export function onEdit(edit: (said: Said) => void): void {
  actions.edit = (said) => {
    actions.discard(said);
    edit(said);
  };
}

/** Add a line to a room; return whether it is in sight. */
export function add(name: RoomName, entry: Entry): boolean {
  const room = rooms.get(name);
  if (!room) return false;
  if (isSaid(entry)) typingChanged(name, entry.author, false);
  room.entries.push(entry);
  for (const old of room.entries.splice(0, room.entries.length - SHOWN_MESSAGES))
    if (isSaid(old) && old.url) URL.revokeObjectURL(old.url);
  if (name !== state.current) return false;
  append(room.entries);
  return true;
}

export function typingChanged(name: RoomName, who: UserName, active: boolean): void {
  const typing = rooms.get(name)?.typing;
  if (!typing) return;
  clearTimeout(typing.get(who));
  typing.delete(who);
  if (active)
    typing.set(
      who,
      window.setTimeout(() => typingChanged(name, who, false), 2 * TYPING_ENDS_AFTER),
    );
  if (name === state.current) drawTyping();
}

export function drawRoom(): void {
  $("room-title").textContent = state.current ? `#${state.current}` : "No room";
  $("leave").hidden = !state.current;
  drawPeople();
  drawTyping();
  drawMessages();
  scrollToEnd();
}

export function drawPeople(): void {
  const members = [...(currentRoom()?.members ?? [])].sort((a, b) => a.localeCompare(b));
  $("people-toggle").hidden = !state.current;
  $("room-subtitle").textContent = state.current
    ? `${members.length} ${members.length === 1 ? "person" : "people"} here`
    : "Join a room on the left to begin";
  $("people").replaceChildren(
    ...members.map((name) =>
      el(
        "li",
        {},
        avatar(name),
        el("span", {}, name),
        name === state.me ? el("small", {}, "you") : "",
      ),
    ),
  );
}

function drawTyping(): void {
  const names = [...(currentRoom()?.typing.keys() ?? [])];
  $("typing").replaceChildren();
  if (names.length === 0) return;
  const who =
    names.length > 2
      ? `${names.length} people are`
      : names.length === 2
        ? `${names[0]} and ${names[1]} are`
        : `${names[0]} is`;
  $("typing").append(el("i"), el("i"), el("i"), `${who} writing`);
}

export function drawMessages(): void {
  const list = $("messages");
  const wasAtEnd = atEnd;
  const fromEnd = list.scrollHeight - list.scrollTop;
  const entries = currentRoom()?.entries ?? [];
  list.replaceChildren(...entries.map((entry, index) => draw(entry, entries[index - 1])));
  if (state.current && entries.length === 0)
    list.append(el("li", { class: "notice" }, `Nothing has been said in #${state.current} yet.`));
  list.scrollTop = list.scrollHeight - fromEnd;
  if (wasAtEnd) scrollToEnd();
}

function append(entries: readonly Entry[]): void {
  const list = $("messages");
  const wasAtEnd = atEnd;
  const entry = entries.at(-1);
  if (!entry) return;
  if (entries.length === 1) list.replaceChildren();
  list.append(draw(entry, entries.at(-2)));
  while (list.childElementCount > SHOWN_MESSAGES) list.firstElementChild?.remove();
  if (wasAtEnd) scrollToEnd();
  else if (isSaid(entry)) $("newest").hidden = false;
}

function draw(entry: Entry, before: Entry | undefined): HTMLElement {
  if (!isSaid(entry)) return el("li", { class: "notice" }, entry.notice);
  const last = isSaid(before) && !before.failure ? before : undefined;
  const soon =
    !entry.sent_at || Date.parse(entry.sent_at) - Date.parse(last?.sent_at ?? "") < 300_000;
  return message(
    entry,
    { mine: entry.author === state.me, follows: last?.author === entry.author && soon },
    actions,
  );
}

export function scrollToEnd(): void {
  $("messages").scrollTop = $("messages").scrollHeight;
  $("newest").hidden = true;
  atEnd = true;
}

$("newest").addEventListener("click", scrollToEnd);
$("messages").addEventListener("scroll", () => {
  const list = $("messages");
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (atEnd) $("newest").hidden = true;
});
const keepEnd = new ResizeObserver(() => atEnd && scrollToEnd());
keepEnd.observe($("messages"));
// A picture that is loaded, or a preview that is shown, must not push the newest message out of
// sight.
$("messages").addEventListener("load", () => atEnd && scrollToEnd(), true);
