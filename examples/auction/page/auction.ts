// The auction's page: the connection, the lots, and one lot that is watched.
import {
  AuctionClient,
  ConnectRefusedError,
  Title,
  type Bid,
  type Lot,
  type LotId,
  type Picture,
} from "./contract/index.js";
import * as limits from "./contract/limits.js";
import { forget, logIn, login } from "./login.js";
import { explain, reason } from "./wording.js";
import { $, drawBids, drawLeft, drawLot, drawLots, fromEuros, money, note } from "./view.js";

const lots = new Map<LotId, Lot>();
let watched: LotId | undefined;
let bids: readonly Bid[] = [];

const amountField = $("bid", HTMLFormElement).elements.namedItem("amount") as HTMLInputElement;

// ---- Connection

const auth = () => {
  const token = login()?.token;
  return token ? { token } : {};
};
const client = AuctionClient.open("", { auth });

client.onConnect(async () => {
  showState("connected");
  // Also after a lost connection: rooms belong to a connection, and something may have happened.
  const found = await client.lots();
  if (!found.ok) return note(explain(found.error));
  lots.clear();
  found.value.forEach((lot) => lots.set(lot.id, lot));
  draw();
  if (watched) await watch(watched);
});
client.onDisconnect(() => showState("reconnecting"));
client.onConnectError((error) => {
  if (!(error instanceof ConnectRefusedError)) return showState("reconnecting");
  forget(); // the token is too old
  reconnect();
});

client.onLotChanged((lot) => {
  const known = lots.get(lot.id);
  // With several workers, the news of two bids may arrive in another order.
  if (known && (lot.bids < known.bids || !known.open)) return;
  const me = login()?.user;
  if (me && known?.leader === me && lot.leader !== me)
    note(`${lot.leader} bids ${money(lot.price)} for “${lot.title}”.`);
  lots.set(lot.id, lot);
  // Nothing changes while somebody writes.
  if (lot.id === watched && document.activeElement !== amountField) suggest(lot);
  draw();
});
client.onBidPlaced((lot, bid) => {
  if (lot !== watched || bids.some(({ amount }) => amount === bid.amount)) return;
  bids = [bid, ...bids].sort((one, other) => other.amount - one.amount);
  drawBids(bids);
});
client.onTick((lot, secondsLeft) => lot === watched && drawLeft(secondsLeft));

function showState(state: string): void {
  $("state").textContent = $("state").dataset["state"] = state;
}

/** Connect as whoever is logged in now. */
function reconnect(): void {
  client.disconnect().connect();
  draw();
}

// ---- Lots

function draw(): void {
  const me = login();
  $("login").hidden = me !== undefined;
  $("me").hidden = me === undefined;
  $("name").textContent = me?.user ?? "";
  $("offer").hidden = !me?.sells;
  const lot = watched && lots.get(watched);
  drawLots([...lots.values()].sort((one, other) => other.id - one.id), lot, (chosen) => {
    void watch(chosen.id).then(() => $("lot").scrollIntoView({ block: "nearest" }));
  });
  drawLot(lot, me?.user);
}

async function watch(lot: LotId): Promise<void> {
  if (watched && watched !== lot) client.unwatch(watched);
  watched = lot;
  const result = await client.watch(lot);
  if (!result.ok) return note(explain(result.error));
  if (watched !== lot) return; // another one was chosen meanwhile
  lots.set(lot, result.value.lot);
  bids = result.value.bids;
  drawLeft(Math.max(0, Math.ceil((Date.parse(result.value.lot.ends_at) - Date.now()) / 1000)));
  suggest(result.value.lot);
  drawBids(bids);
  draw();
}

/** Write the smallest bid that would be taken into the form. */
function suggest({ least }: Pick<Lot, "least">): void {
  amountField.value = (least / 100).toFixed(2);
}

async function bid(lot: LotId): Promise<void> {
  const result = await client.bid(lot, fromEuros(amountField.value));
  if (result.ok) {
    suggest(result.value);
    return note("You have the highest bid.");
  }
  if (result.error.code === "too_low") suggest(result.error.data);
  note(explain(result.error));
}

async function readPicture(file: FormDataEntryValue | null): Promise<Picture | undefined> {
  if (!(file instanceof File) || file.size === 0) return undefined;
  const { maxLength } = limits.Picture.data;
  if (file.size > maxLength) throw new Error(`A picture has at most ${maxLength / 1000} kB.`);
  return { mime: file.type as Picture["mime"], data: new Uint8Array(await file.arrayBuffer()) };
}

async function offer(form: FormData): Promise<void> {
  const text = (name: string) => String(form.get(name));
  const picture = await readPicture(form.get("picture"));
  const result = await client.offer(
    Title(text("title")),
    fromEuros(text("price")),
    Number(text("minutes")),
    picture,
  );
  if (!result.ok) return note(explain(result.error));
  $("offer", HTMLFormElement).reset();
  await watch(result.value.id);
}

// ---- Forms and buttons

/** Do something when a form is sent, and say why if that fails. */
function onSubmit(id: string, act: (form: FormData) => Promise<void>): void {
  const form = $(id, HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(new FormData(form)).catch((error: unknown) => note(reason(error)));
  });
}

onSubmit("login", async (form) => {
  await logIn(String(form.get("user")), form.has("sells"));
  reconnect();
});
onSubmit("me", async () => {
  forget();
  reconnect();
});
onSubmit("bid", async () => watched && bid(watched));
onSubmit("offer", offer);
$("close").addEventListener("click", async () => {
  if (!watched) return;
  const result = await client.close(watched);
  if (!result.ok) note(explain(result.error));
});
$("back").addEventListener("click", () => {
  if (watched) client.unwatch(watched);
  watched = undefined;
  draw();
});

draw();
