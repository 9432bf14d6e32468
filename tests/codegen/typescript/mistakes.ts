// What front ends write wrong: compilers must report exactly the lines that end with the mark.
import {
  ChatClient,
  DateTime,
  type Message,
  type NotInRoom,
  RoomName,
  type UnknownError,
  UserName,
  unwrap,
} from "./chat/index.js";
import { AllClient, Decimal, Int64, Mood, OfClient, PlainDate, fail, ok, type Row } from "./travels/index.js";

const room = RoomName("lobby");
const name = UserName("ada");
const chat = await ChatClient.connect("", { auth: { name } });

await ChatClient.connect(""); // E
await ChatClient.connect("", { auth: {} }); // E
await ChatClient.connect("", { auth: { name: "ada" } }); // E
await ChatClient.connect("", { auth: { name }, reconect: true }); // E

await chat.sendMesage(room, { kind: "text_body", text: "" }); // E
await chat.sendMessage("lobby", { kind: "text_body", text: "" }); // E
await chat.sendMessage(name, { kind: "text_body", text: "" }); // E
await chat.sendMessage({ kind: "text_body", text: "" }, room); // E
await chat.sendMessage(room); // E
await chat.sendMessage(room, { kind: "text_body" }); // E
await chat.sendMessage(room, { kind: "text", text: "" }); // E
await chat.sendMessage(room, { kind: "image", mime: "image/bmp", data: new Uint8Array() }); // E
await chat.sendMessage(room, { kind: "image", mime: "image/png", data: "AAAA" }); // E
await chat.leave(room, { timeout: "5s" }); // E

const sent = await chat.sendMessage(room, { kind: "text_body", text: "" });
sent.value; // E
if (sent.ok) sent.error; // E
if (!sent.ok) {
  sent.error.data.room; // E
  if (sent.error.code === "not_in_room") sent.error.data.limit; // E
  if (sent.error.code === "room_gone") sent.error.message; // E
}
function tell(error: NotInRoom | UnknownError): string {
  switch (error.code) {
    case "not_in_room":
      return error.data.room;
    default:
      return error satisfies never; // E
  }
}

const typed = await chat.typing(room).then(); // E
chat.typing(room, "yes"); // E
const { id }: { id: string } = await unwrap(chat.sendMessage(room, { kind: "text_body", text: "" })); // E

chat.onMessagePosted((message: string) => message); // E
chat.onMessagePosted((message) => message.body.caption); // E
chat.onMesagePosted(() => undefined); // E
chat.onStillThere(() => "yes"); // E
chat.onStillThere(async () => 1); // E
for await (const each of chat.messagePosted()) each.text; // E
const message: Message = await unwrap(chat.rooms()); // E
message.sent_at = DateTime("2024-02-29T12:00:00Z"); // E

const all = await AllClient.connect("", { auth: { token: "" } });
all.tell(1, "so-so"); // E
all.tell(1, Mood.WORSE); // E
const row: Row = { id: 1, at: "2024", big: Int64("1"), price: Decimal("1"), blob: new Uint8Array() }; // E
await all.echo({ ...row, at: PlainDate("2024-02-29") }); // E
await all.echo({ ...row, big: 5n }); // E
await all.echo({ ...row, note: undefined }); // E
all.onAskRow((asked) => asked); // E
all.onAskRow(() => fail({ code: "closed", message: "", data: { row } })); // E
all.onAskRow((asked) => ok(asked.id)); // E
all.onAskSplit(() => ["yes"]); // E
await OfClient.connect(""); // E
await OfClient.connect("", { tenant: "blue" }); // E

export { id, tell, typed };
