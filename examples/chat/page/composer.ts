// The message field: text, a picture, that somebody is writing, and sending.
import type { Body, ImageBody, RoomName } from "./contract/index.js";
import * as limits from "./contract/limits.js";
import { TYPING_ENDS_AFTER, add, drawMessages, onEdit, scrollToEnd } from "./conversation.js";
import { readPicture } from "./pictures.js";
import { type Said, rooms, state } from "./state.js";
import { $, pictureUrl, toast } from "./view.js";
import { explain, explainFailure } from "./wording.js";

const ANSWER_WITHIN = 6000;
/** The characters that are left when the counter is shown. */
const COUNTED = 200;

const text = $("text", HTMLTextAreaElement);
const file = $("file", HTMLInputElement);
const preview = $("preview-image", HTMLImageElement);
let picture: { readonly body: ImageBody; readonly url: string } | undefined;

const longest = (): number => (picture ? limits.ImageBody.caption : limits.TextBody.text).maxLength;
const written = (): string => text.value.trim();
/** Characters as the contract counts them: code points. */
const length = (): number => [...written()].length;

export function update(): void {
  const usable = Boolean(state.current && state.chat?.connected);
  text.placeholder = picture
    ? "Add a caption"
    : state.current
      ? `Write to #${state.current}`
      : "Join a room first";
  text.disabled = !state.current;
  $("attach", HTMLButtonElement).disabled = !usable;
  $("send", HTMLButtonElement).disabled =
    !usable || (!written() && !picture) || length() > longest();
  text.style.height = "38px";
  if (text.value.includes("\n") || text.scrollHeight > 40)
    text.style.height = `${text.scrollHeight}px`;
  const left = longest() - length();
  $("counter").textContent = left < COUNTED || picture ? `${length()} / ${longest()}` : "";
  $("counter").classList.toggle("over", left < 0);
}

/** Show what is written, in the room that is shown now. */
export function restore(draft: string): void {
  text.value = draft;
  update();
  if (!$("app").hidden) text.focus();
}

export const draft = (): string => text.value;

async function send(): Promise<void> {
  const { chat, me, current: room } = state;
  if (!room || !me || !chat?.connected || (!written() && !picture)) return;
  if (length() > longest()) {
    const what = picture ? "A caption" : "A message";
    toast(`${what} has at most ${longest()} characters, and this one has ${length()}.`, {
      bad: true,
    });
    return;
  }
  const body: Body = picture
    ? { ...picture.body, ...(written() && { caption: written() }) }
    : { kind: "text_body", text: written() };
  text.value = "";
  removePicture();
  stopTyping();
  const said: Said = { room, author: me, body };
  add(room, said);
  scrollToEnd();
  try {
    const sent = await chat.sendMessage(room, body, { timeout: ANSWER_WITHIN });
    if (sent.ok) Object.assign(said, sent.value);
    else said.failure = explain(sent.error);
  } catch (error) {
    said.failure = explainFailure(error);
  }
  if (room === state.current) drawMessages();
}

function edit({ body }: Said): void {
  if (body.kind === "image") {
    const { caption = "", ...rest } = body;
    showPicture(rest, "Picture");
    restore(caption);
  } else restore(body.text);
}

async function attach(chosen: File | null | undefined): Promise<void> {
  if (!chosen || !state.current) return;
  try {
    showPicture(await readPicture(chosen), chosen.name || "Picture");
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), { bad: true });
  }
  text.focus();
}

function showPicture(body: ImageBody, name: string): void {
  removePicture();
  picture = { body, url: pictureUrl(body) };
  preview.src = picture.url;
  $("preview-name").textContent = name;
  $("preview-size").textContent =
    `${Math.max(1, Math.round(body.data.byteLength / 1000))} KB, sent as binary`;
  $("preview").hidden = false;
  update();
}

function removePicture(): void {
  if (picture) URL.revokeObjectURL(picture.url);
  picture = undefined;
  $("preview").hidden = true;
  preview.removeAttribute("src");
  file.value = "";
  update();
}

let typingSince = 0;
let typingRoom: RoomName | undefined;
let typingTimer = 0;

function noteTyping(): void {
  const { chat, current } = state;
  if (!chat?.connected || !current) return;
  if (!written()) return stopTyping();
  if (typingRoom !== current || Date.now() - typingSince > TYPING_ENDS_AFTER) {
    typingRoom = current;
    typingSince = Date.now();
    chat.typing(current);
  }
  clearTimeout(typingTimer);
  typingTimer = window.setTimeout(stopTyping, TYPING_ENDS_AFTER);
}

function stopTyping(): void {
  clearTimeout(typingTimer);
  if (typingRoom && state.chat?.connected && rooms.has(typingRoom))
    state.chat.typing(typingRoom, false);
  typingRoom = undefined;
}

onEdit(edit);
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  void send();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
text.addEventListener("input", () => {
  update();
  noteTyping();
});
text.addEventListener("paste", (event) => {
  const pasted = event.clipboardData?.files[0];
  if (!pasted) return;
  event.preventDefault();
  void attach(pasted);
});
$("attach").addEventListener("click", () => file.click());
file.addEventListener("change", () => void attach(file.files?.[0]));
$("preview-remove").addEventListener("click", () => {
  removePicture();
  text.focus();
});
for (const type of ["dragover", "dragleave", "drop"] as const) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    $("composer").classList.toggle("dropping", type === "dragover" && Boolean(state.current));
    if (type === "drop") void attach(event.dataTransfer?.files[0]);
  });
}
