// The chat's page: entering, the connection, the rooms.
import { ChatClient, ConnectRefusedError, RoomName, UserName } from "./contract/index.js";
import * as limits from "./contract/limits.js";
import * as composer from "./composer.js";
import { add, drawPeople, drawRoom, typingChanged } from "./conversation.js";
import { merged, rooms, state } from "./state.js";
import { $, avatar, el, fieldError, roomLine, toast } from "./view.js";
import { ROOM_NAMES, explain, explainFailure } from "./wording.js";

const ANSWER_WITHIN = 6000;
const ROOM_PATTERN = new RegExp(limits.RoomName.pattern, "u");

const nameField = $("name", HTMLInputElement);
const firstRoomField = $("first-room", HTMLInputElement);
const joinField = $("join-room", HTMLInputElement);
const enterButton = $("enter-button", HTMLButtonElement);

// ---- Connection

/** Connect as somebody, and join rooms, of which the first is shown. */
function enter(name: UserName, wanted: readonly RoomName[]): void {
  state.chat?.disconnect();
  enterButton.disabled = true;
  setState("connecting");
  const chat = ChatClient.open("", { auth: { name }, forceNew: true, reconnectionDelayMax: 3000 });
  state.chat = chat;
  state.me = name;
  let welcomed = false;

  chat.onConnect(async () => {
    setState("connected");
    $("enter-state").textContent = "";
    for (const room of rooms.size > 0 ? [...rooms.keys()] : wanted) {
      const problem = await join(room, { open: room === (state.current ?? wanted[0]) });
      if (problem && !welcomed) return refuse(firstRoomField, problem);
      if (problem) toast(problem, { bad: true });
      if (chat !== state.chat) return;
    }
    welcomed = true;
    showApp();
    refreshRooms();
  });
  chat.onConnectError((error) => {
    if (chat !== state.chat) return;
    if (!(error instanceof ConnectRefusedError)) return unreachable(welcomed);
    if (!welcomed) return refuse(nameField, explain(error.error));
    setState("reconnecting"); // the server may not have noticed yet that the old connection is gone
    setTimeout(() => chat === state.chat && chat.connect(), 3000);
  });
  chat.onDisconnect((reason) => {
    if (chat !== state.chat) return;
    setState(reason === "io client disconnect" ? "signed out" : "reconnecting");
    if (reason !== "io server disconnect") return;
    signOut();
    toast("The server ended this session: the name was taken over from elsewhere.", { bad: true });
  });

  chat.onMessagePosted((message) => add(message.room, { ...message }) || noteUnread(message.room));
  chat.onMemberJoined((room, who) => presence(room, who, true));
  chat.onMemberLeft((room, who) => presence(room, who, false));
  chat.onTypingChanged(typingChanged);
  chat.onAnnouncement((text) => {
    toast(text);
    refreshRooms();
  });
  chat.onStillThere(() => true);
}

function unreachable(welcomed: boolean): void {
  setState(welcomed ? "reconnecting" : "connecting");
  if (welcomed) return;
  $("enter-state").textContent = "The server can't be reached. Still trying…";
  enterButton.disabled = false; // perhaps with another name
}

function refuse(input: HTMLInputElement, why: string): void {
  leaveChat();
  fieldError(input, why);
}

function signOut(): void {
  leaveChat();
  $("app").hidden = true;
  $("welcome").hidden = false;
  nameField.focus();
}

function leaveChat(): void {
  const { chat } = state;
  state.chat = state.me = state.current = undefined;
  chat?.disconnect();
  rooms.clear();
  sessionStorage.removeItem("name");
  $("enter-state").textContent = "";
  enterButton.disabled = false;
}

function showApp(): void {
  if (!$("app").hidden || !state.me) return;
  $("welcome").hidden = true;
  $("app").hidden = false;
  $("my-name").textContent = state.me;
  avatar(state.me, $("my-avatar"));
  sessionStorage.setItem("name", state.me);
  drawRoom();
  $("text").focus();
}

function setState(text: string): void {
  $("state").textContent = text;
  $("state").dataset["state"] = text;
  $("offline").hidden = text !== "reconnecting";
  $("offline").textContent = "The connection is gone. Trying to reach the server again…";
  composer.update();
}

// ---- Rooms

/** Join a room; return why that failed. */
async function join(name: RoomName, { open = true } = {}): Promise<string | undefined> {
  if (!state.chat) return undefined;
  let joined;
  try {
    joined = await state.chat.join(name, { timeout: ANSWER_WITHIN });
  } catch (error) {
    return explainFailure(error);
  }
  if (!joined.ok) return explain(joined.error);
  const { members, history } = joined.value;
  const known = rooms.get(name);
  rooms.set(name, {
    members: new Set(members),
    entries: merged(known?.entries ?? [], history),
    unread: known?.unread ?? 0,
    typing: new Map(),
    draft: known?.draft ?? "",
  });
  if (open) show(name);
  else drawRooms();
  return undefined;
}

async function leave(name: RoomName): Promise<void> {
  let problem;
  try {
    const left = await state.chat?.leave(name, { timeout: ANSWER_WITHIN });
    problem = left?.ok === false && explain(left.error);
  } catch (error) {
    problem = explainFailure(error);
  }
  if (problem) return toast(problem, { bad: true });
  rooms.delete(name);
  if (name === state.current) {
    state.current = undefined;
    show(rooms.keys().next().value);
  }
  refreshRooms();
}

/** Show a room, whose name is in the page's address from now on. */
function show(name: RoomName | undefined): void {
  const before = state.current && rooms.get(state.current);
  if (before && state.current !== name) before.draft = composer.draft();
  const isOther = state.current !== name;
  state.current = name;
  history.replaceState(null, "", name ? `#${name}` : location.pathname);
  toggle("menu", false);
  const room = name && rooms.get(name);
  if (room) room.unread = 0;
  drawRooms();
  drawRoom();
  if (isOther) composer.restore(room ? room.draft : "");
  else composer.update();
}

let refreshing = 0;

/** Ask what rooms there are; many reasons within a short time make one request. */
function refreshRooms(): void {
  if (refreshing) return;
  refreshing = window.setTimeout(async () => {
    refreshing = 0;
    if (!state.chat?.connected) return;
    const found = await state.chat.rooms({ timeout: ANSWER_WITHIN }).catch(() => undefined);
    if (found?.ok) state.everywhere = found.value;
    drawRooms(); // else the list stays as it was; the next change asks again
  }, 150);
}

function noteUnread(name: RoomName): void {
  const room = rooms.get(name);
  if (!room) return;
  room.unread += 1;
  drawRooms();
}

function presence(name: RoomName, who: UserName, here: boolean): void {
  refreshRooms();
  const room = rooms.get(name);
  if (!room) return;
  if (here) room.members.add(who);
  else room.members.delete(who);
  typingChanged(name, who, false);
  drawRooms();
  if (add(name, { notice: here ? `${who} came in` : `${who} left` })) drawPeople();
}

function drawRooms(): void {
  const mine = [...rooms].sort(([a], [b]) => a.localeCompare(b));
  $("rooms").replaceChildren(
    ...mine.map(([name, { members, unread }]) =>
      roomLine(name, {
        count: members.size,
        unread,
        current: name === state.current,
        onclick: () => show(name),
      }),
    ),
  );
  const others = Object.keys(state.everywhere)
    .map(RoomName)
    .filter((name) => !rooms.has(name))
    .sort();
  $("elsewhere").replaceChildren(
    ...others.map((name) =>
      roomLine(name, {
        count: state.everywhere[name],
        title: `Join #${name}`,
        onclick: () => void tryJoin(name),
      }),
    ),
  );
  if (others.length === 0)
    $("elsewhere").append(el("li", { class: "empty" }, "No other rooms yet"));
  const unread = mine.reduce((sum, [, room]) => sum + room.unread, 0);
  document.title = unread
    ? `(${unread}) Ackord chat`
    : state.current
      ? `#${state.current} · Ackord chat`
      : "Ackord chat";
}

async function tryJoin(text: string): Promise<void> {
  fieldError(joinField, "");
  if (!text) return;
  if (!ROOM_PATTERN.test(text)) return fieldError(joinField, ROOM_NAMES);
  const name = RoomName(text);
  if (rooms.has(name)) show(name);
  else {
    const problem = await join(name);
    if (problem) return fieldError(joinField, problem);
    refreshRooms();
  }
  joinField.value = "";
}

// ---- What the buttons do

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = nameField.value.trim();
  const room = firstRoomField.value.trim() || "lobby";
  fieldError(nameField, "");
  fieldError(firstRoomField, "");
  if (!name) return fieldError(nameField, "A name is needed.");
  const { maxLength } = limits.UserName;
  if ([...name].length > maxLength)
    return fieldError(nameField, `A name has at most ${maxLength} characters.`);
  if (!ROOM_PATTERN.test(room)) return fieldError(firstRoomField, ROOM_NAMES);
  localStorage.setItem("name", name);
  enter(UserName(name), [RoomName(room)]);
});
$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  void tryJoin(joinField.value.trim());
});
$("leave").addEventListener("click", () => state.current && void leave(state.current));
$("sign-out").addEventListener("click", signOut);
$("theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const theme =
    dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  localStorage.setItem("theme", (dataset["theme"] = theme === "dark" ? "light" : "dark"));
});

/** Show or hide what small screens have no place for: the rooms (menu) or the people. */
function toggle(what: "menu" | "people", open: boolean): void {
  $("app").classList.toggle(`${what}-open`, open);
  $(what === "menu" ? "menu" : "people-toggle").setAttribute("aria-expanded", String(open));
}

const closePanels = (): void =>
  (["menu", "people"] as const).forEach((what) => toggle(what, false));

$("menu").addEventListener("click", () => toggle("menu", true));
$("people-toggle").addEventListener("click", () =>
  toggle("people", !$("app").classList.contains("people-open")),
);
$("scrim").addEventListener("click", closePanels);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePanels();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!event.altKey || !step || rooms.size === 0) return;
  event.preventDefault();
  const names = [...rooms.keys()].sort();
  const at = state.current ? names.indexOf(state.current) : 0;
  show(names[(at + step + names.length) % names.length]);
});
addEventListener("hashchange", () => state.chat && void tryJoin(location.hash.slice(1)));

setInterval(() => document.hidden || refreshRooms(), 20_000);

nameField.value = localStorage.getItem("name") ?? "";
firstRoomField.value = location.hash.slice(1);
nameField.focus();
const entered = sessionStorage.getItem("name"); // before the page was loaded again
if (entered)
  enter(UserName(entered), [
    RoomName(ROOM_PATTERN.test(firstRoomField.value) ? firstRoomField.value : "lobby"),
  ]);
