// The page: what this user sees of the chat, and what the buttons do.
import { connect, refusal, request } from "./contract.js";
import { read } from "./pictures.js";
import { $, avatar, el, fieldError, message, room as roomLine, toast } from "./view.js";

const LONGEST_TEXT = 2000;
const TYPING_ENDS_AFTER = 3000;
const SHOWN_MESSAGES = 200;

/** Rooms that this user is in: name -> { members, entries, unread, typing, draft }. */
const rooms = new Map();
/** Rooms in which somebody is: name -> number of people. */
let everywhere = {};
let socket = null;
let myName = "";
let current = null;
let attachment = null;

// ---- Connection

function enter(name, firstRoom) {
  socket?.disconnect();
  socket = connect(name);
  myName = name;
  let welcomed = false;

  socket.on("connect", async () => {
    setState("connected");
    $("enter-state").textContent = "";
    const wanted = rooms.size > 0 ? [...rooms.keys()] : [firstRoom];
    try {
      for (const room of wanted) await join(room, { open: room === (current ?? wanted[0]) });
    } catch (error) {
      if (!welcomed) return refuse($("first-room"), error);
      toast(error.text, { bad: true });
    }
    welcomed = true;
    showApp();
    refreshRooms();
  });
  socket.on("connect_error", (error) => {
    const refused = refusal(error);
    if (!refused) return unreachable(welcomed);
    if (!welcomed) return refuse($("name"), refused);
    setState("reconnecting"); // the server may not have noticed yet that the old connection is gone
    setTimeout(() => socket?.connect(), 3000);
  });
  socket.on("disconnect", (reason) => {
    setState(reason === "io client disconnect" ? "signed out" : "reconnecting");
    if (reason === "io server disconnect") {
      signOut();
      toast("The server ended this session: the name was taken over from elsewhere.", { bad: true });
    }
  });

  socket.on("message_posted", (posted) => add(posted.room, posted));
  socket.on("member_joined", (room, who) => presence(room, who, true));
  socket.on("member_left", (room, who) => presence(room, who, false));
  socket.on("typing_changed", typingChanged);
  socket.on("announcement", (text) => {
    toast(text);
    refreshRooms();
  });
  socket.on("still_there", (question, answer) => answer(true));
}

function unreachable(welcomed) {
  setState(welcomed ? "reconnecting" : "connecting");
  if (welcomed) return;
  $("enter-state").textContent = "The server can't be reached. Still trying…";
  $("enter").querySelector("button").disabled = false; // perhaps with another name
}

function refuse(input, error) {
  $("enter-state").textContent = "";
  socket.disconnect();
  socket = null;
  rooms.clear();
  $("enter").querySelector("button").disabled = false;
  fieldError(input, error.text);
}

function signOut() {
  socket?.disconnect();
  socket = null;
  rooms.clear();
  current = null;
  $("app").hidden = true;
  $("welcome").hidden = false;
  $("enter").querySelector("button").disabled = false;
  $("name").focus();
}

function showApp() {
  if (!$("app").hidden) return;
  $("welcome").hidden = true;
  $("app").hidden = false;
  $("my-name").textContent = myName;
  avatar(myName, $("my-avatar"));
  drawRoom();
  $("text").focus();
}

function setState(state) {
  $("state").textContent = state;
  $("state").dataset.state = state;
  $("offline").hidden = state !== "reconnecting";
  $("offline").textContent = "The connection is gone. Trying to reach the server again…";
  updateComposer();
}

// ---- Rooms

async function join(room, { open = true } = {}) {
  const { members, history } = await request(socket, "join", room);
  const known = rooms.get(room);
  rooms.set(room, {
    members: new Set(members),
    entries: [...history, ...(known?.entries.filter((entry) => entry.failure) ?? [])],
    unread: known?.unread ?? 0,
    typing: new Map(),
    draft: known?.draft ?? "",
  });
  if (open) show(room);
  else drawRooms();
}

async function leave(room) {
  try {
    await request(socket, "leave", room);
  } catch (error) {
    return toast(error.text, { bad: true });
  }
  rooms.delete(room);
  if (room === current) {
    current = null;
    show(rooms.keys().next().value ?? null);
  }
  refreshRooms();
}

function show(room) {
  if (current && rooms.has(current)) rooms.get(current).draft = $("text").value;
  current = room;
  $("app").classList.remove("menu-open");
  $("menu").setAttribute("aria-expanded", "false");
  const state = rooms.get(room);
  if (state) state.unread = 0;
  $("text").value = state?.draft ?? "";
  drawRooms();
  drawRoom();
  updateComposer();
  if (!$("app").hidden) $("text").focus();
}

let refreshing = null;

/** Ask what rooms there are; many reasons within a short time make one request. */
function refreshRooms() {
  refreshing ??= setTimeout(async () => {
    refreshing = null;
    if (!socket?.connected) return;
    try {
      everywhere = await request(socket, "rooms");
    } catch {
      return; // the list stays as it was; the next change asks again
    }
    drawRooms();
  }, 150);
}

function presence(room, who, here) {
  refreshRooms();
  const state = rooms.get(room);
  if (!state) return;
  if (here) state.members.add(who);
  else state.members.delete(who);
  typingChanged(room, who, false);
  state.entries.push({ notice: here ? `${who} came in` : `${who} left` });
  drawRooms();
  if (room !== current) return;
  drawPeople();
  append(state, state.entries.at(-1));
}

function typingChanged(room, who, active) {
  const typing = rooms.get(room)?.typing;
  if (!typing) return;
  clearTimeout(typing.get(who));
  typing.delete(who);
  if (active) typing.set(who, setTimeout(() => typingChanged(room, who, false), 2 * TYPING_ENDS_AFTER));
  if (room === current) drawTyping();
}

// ---- Messages

function add(room, entry) {
  const state = rooms.get(room);
  if (!state) return;
  if (entry.author) typingChanged(room, entry.author, false);
  state.entries.push(entry);
  for (const old of state.entries.splice(0, state.entries.length - SHOWN_MESSAGES)) if (old.url) URL.revokeObjectURL(old.url);
  if (room === current) append(state, entry);
  else {
    state.unread += 1;
    drawRooms();
  }
}

async function send() {
  const room = current;
  const text = $("text").value.trim();
  if (!room || !socket?.connected || (!text && !attachment)) return;
  const body = attachment ? { ...attachment.body, ...(text && { caption: text }) } : { kind: "text_body", text };
  $("text").value = "";
  removeAttachment();
  updateComposer();
  stopTyping();
  const entry = { room, author: myName, body };
  add(room, entry);
  scrollToEnd();
  try {
    Object.assign(entry, await request(socket, "send_message", room, body));
  } catch (error) {
    entry.failure = error.text;
  }
  if (room === current) drawMessages();
}

const actions = {
  edit(entry) {
    actions.discard(entry);
    $("text").value = entry.body.text;
    updateComposer();
    $("text").focus();
  },
  discard(entry) {
    const state = rooms.get(entry.room);
    state.entries = state.entries.filter((other) => other !== entry);
    drawMessages();
  },
  show(url, alt) {
    $("viewer-image").src = url;
    $("viewer-image").alt = alt;
    $("viewer").showModal();
  },
};

// ---- Drawing

function drawRooms() {
  const mine = [...rooms.keys()].sort();
  $("rooms").replaceChildren(
    ...mine.map((name) => roomLine(name, { count: rooms.get(name).members.size, unread: rooms.get(name).unread, current: name === current, onclick: () => show(name) })),
  );
  const others = Object.keys(everywhere).filter((name) => !rooms.has(name)).sort();
  $("elsewhere").replaceChildren(
    ...others.map((name) => roomLine(name, { count: everywhere[name], title: `Join #${name}`, onclick: () => tryJoin(name) })),
  );
  if (others.length === 0) $("elsewhere").append(el("li", { class: "empty" }, "No other rooms yet"));
  const unread = [...rooms.values()].reduce((sum, state) => sum + state.unread, 0);
  document.title = unread ? `(${unread}) Ackord chat` : current ? `#${current} · Ackord chat` : "Ackord chat";
}

function drawRoom() {
  $("room-title").textContent = current ? `#${current}` : "No room";
  $("leave").hidden = !current;
  drawPeople();
  drawTyping();
  drawMessages();
  scrollToEnd();
}

function drawPeople() {
  const members = [...(rooms.get(current)?.members ?? [])].sort((a, b) => a.localeCompare(b));
  $("room-subtitle").textContent = current ? `${members.length} ${members.length === 1 ? "person" : "people"} here` : "Join a room on the left to begin";
  $("people").replaceChildren(
    ...members.map((name) => el("li", {}, avatar(name), el("span", {}, name), name === myName ? el("small", {}, "you") : "")),
  );
}

function drawTyping() {
  const names = [...(rooms.get(current)?.typing.keys() ?? [])];
  $("typing").replaceChildren();
  if (names.length === 0) return;
  const who = names.length > 2 ? `${names.length} people are` : names.length === 2 ? `${names[0]} and ${names[1]} are` : `${names[0]} is`;
  $("typing").append(el("i"), el("i"), el("i"), `${who} writing`);
}

function drawMessages() {
  const list = $("messages");
  const wasAtEnd = atEnd;
  const fromEnd = list.scrollHeight - list.scrollTop;
  const entries = rooms.get(current)?.entries ?? [];
  list.replaceChildren(...entries.map((entry, index) => draw(entry, entries[index - 1])));
  if (current && entries.length === 0) list.append(el("li", { class: "notice" }, `Nothing has been said in #${current} yet.`));
  list.scrollTop = list.scrollHeight - fromEnd;
  if (wasAtEnd) scrollToEnd();
}

function append(state, entry) {
  const list = $("messages");
  const wasAtEnd = atEnd;
  if (state.entries.length === 1) list.replaceChildren();
  list.append(draw(entry, state.entries.at(-2)));
  while (list.childElementCount > SHOWN_MESSAGES) list.firstElementChild.remove();
  if (wasAtEnd) scrollToEnd();
  else if (!entry.notice) $("newest").hidden = false;
}

function draw(entry, before) {
  if (entry.notice) return el("li", { class: "notice" }, entry.notice);
  const soon = !entry.sent_at || Date.parse(entry.sent_at) - Date.parse(before?.sent_at) < 300_000;
  return message(entry, { mine: entry.author === myName, follows: before?.author === entry.author && soon && !before.failure }, actions);
}

/** Whether the newest message is in sight; it then stays so, whatever changes its size. */
let atEnd = true;

function scrollToEnd() {
  $("messages").scrollTop = $("messages").scrollHeight;
  $("newest").hidden = true;
  atEnd = true;
}

// ---- The message field

let typingSince = 0;
let typingRoom = null;
let typingTimer = 0;

function noteTyping() {
  if (!socket?.connected || !current) return;
  if (!$("text").value.trim()) return stopTyping();
  if (typingRoom !== current || Date.now() - typingSince > TYPING_ENDS_AFTER) {
    typingRoom = current;
    typingSince = Date.now();
    socket.emit("typing", typingRoom, true);
  }
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, TYPING_ENDS_AFTER);
}

function stopTyping() {
  clearTimeout(typingTimer);
  if (typingRoom && socket?.connected && rooms.has(typingRoom)) socket.emit("typing", typingRoom, false);
  typingRoom = null;
}

function updateComposer() {
  const text = $("text");
  const usable = Boolean(current) && Boolean(socket?.connected);
  text.placeholder = attachment ? "Add a caption" : current ? `Write to #${current}` : "Join a room first";
  text.disabled = !current;
  $("attach").disabled = !usable;
  $("send").disabled = !usable || (!text.value.trim() && !attachment);
  text.style.height = "38px";
  if (text.value.includes("\n") || text.scrollHeight > 40) text.style.height = `${text.scrollHeight}px`;
  const length = [...text.value.trim()].length;
  $("counter").textContent = length > LONGEST_TEXT - 200 ? `${length} / ${LONGEST_TEXT}` : "";
  $("counter").classList.toggle("over", length > LONGEST_TEXT);
}

async function attach(file) {
  if (!file || !current) return;
  try {
    const body = await read(file);
    removeAttachment();
    attachment = { body, url: URL.createObjectURL(new Blob([body.data], { type: body.mime })) };
    $("preview-image").src = attachment.url;
    $("preview-name").textContent = file.name || "Picture";
    $("preview-size").textContent = `${Math.max(1, Math.round(body.data.byteLength / 1000))} KB, sent as binary`;
    $("preview").hidden = false;
  } catch (error) {
    toast(error.message, { bad: true });
  }
  updateComposer();
  $("text").focus();
}

function removeAttachment() {
  if (attachment) URL.revokeObjectURL(attachment.url);
  attachment = null;
  $("preview").hidden = true;
  $("preview-image").removeAttribute("src");
  $("file").value = "";
}

// ---- What the buttons do

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  fieldError($("name"), "");
  fieldError($("first-room"), "");
  const name = $("name").value.trim();
  if (!name) return fieldError($("name"), "A name is needed.");
  localStorage.setItem("name", name);
  $("enter").querySelector("button").disabled = true;
  enter(name, $("first-room").value.trim() || "lobby");
});

async function tryJoin(room) {
  const input = $("join-room");
  fieldError(input, "");
  if (!room) return;
  if (rooms.has(room)) {
    input.value = "";
    return show(room);
  }
  try {
    await join(room);
    input.value = "";
    refreshRooms();
  } catch (error) {
    fieldError(input, error.text);
  }
}

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  tryJoin($("join-room").value.trim());
});
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
$("text").addEventListener("input", () => {
  updateComposer();
  noteTyping();
});
$("text").addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (!file) return;
  event.preventDefault();
  attach(file);
});
$("attach").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => attach($("file").files[0]));
$("preview-remove").addEventListener("click", () => {
  removeAttachment();
  updateComposer();
  $("text").focus();
});
$("leave").addEventListener("click", () => current && leave(current));
$("sign-out").addEventListener("click", signOut);
$("newest").addEventListener("click", scrollToEnd);
$("messages").addEventListener("scroll", () => {
  const list = $("messages");
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (atEnd) $("newest").hidden = true;
});
new ResizeObserver(() => atEnd && scrollToEnd()).observe($("messages"));
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

function toggleMenu(open) {
  $("app").classList.toggle("menu-open", open);
  $("menu").setAttribute("aria-expanded", String(open));
}

$("menu").addEventListener("click", () => toggleMenu(true));
$("scrim").addEventListener("click", () => toggleMenu(false));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") toggleMenu(false);
  if (!event.altKey || (event.key !== "ArrowDown" && event.key !== "ArrowUp") || rooms.size === 0) return;
  event.preventDefault();
  const names = [...rooms.keys()].sort();
  const step = event.key === "ArrowDown" ? 1 : -1;
  show(names[(names.indexOf(current) + step + names.length) % names.length]);
});

for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    $("composer").classList.toggle("dropping", type === "dragover" && Boolean(current));
    if (type === "drop") attach(event.dataTransfer.files[0]);
  });
}

setInterval(() => document.hidden || refreshRooms(), 20_000);

$("name").value = localStorage.getItem("name") ?? "";
$("first-room").value = location.hash.slice(1);
$("name").focus();
