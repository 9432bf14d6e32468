// What the page shows. Text that a user wrote goes in as text, never as HTML.
import { Cents, type Bid, type Lot } from "./contract/index.js";

/** The element of the page with this id, which is of this kind. */
export function $<Kind extends HTMLElement = HTMLElement>(id: string, kind?: new () => Kind): Kind;
export function $(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`no ${kind.name} #${id}`);
}

function el(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

const euros = new Intl.NumberFormat(undefined, { style: "currency", currency: "EUR" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export const money = (cents: number): string => euros.format(cents / 100);
export const fromEuros = (text: string): Cents => Cents(Math.round(Number(text) * 100));

const pictureOf = (lot: Lot): string => `pictures/${lot.id}`;

/** Show all lots; `select` is called with the one that is clicked. */
export function drawLots(lots: Lot[], watched: Lot | undefined, select: (lot: Lot) => void): void {
  $("empty").hidden = lots.length > 0;
  const focused = document.activeElement?.id;
  $("lots").replaceChildren(...lots.map((lot) => card(lot, lot.id === watched?.id, select)));
  if (focused?.startsWith("lot-")) document.getElementById(focused)?.focus();
}

function card(lot: Lot, pressed: boolean, select: (lot: Lot) => void): HTMLElement {
  const image = el(lot.has_picture ? "img" : "span", "image", lot.has_picture ? "" : lot.title.slice(0, 1));
  if (image instanceof HTMLImageElement) Object.assign(image, { src: pictureOf(lot), alt: "" });
  else image.ariaHidden = "true";
  const when = lot.open ? `ends ${clock.format(new Date(lot.ends_at))}` : "ended";
  const figures = el("p", "", el("b", "", money(lot.price)), when);
  const button = el("button", "card", image, el("strong", "", lot.title), figures);
  button.id = `lot-${lot.id}`;
  button.ariaPressed = String(pressed);
  button.classList.toggle("over", !lot.open);
  button.addEventListener("click", () => select(lot));
  return el("li", "", button);
}

/** Show the lot that is watched, to somebody. */
export function drawLot(lot: Lot | undefined, user: string | undefined): void {
  $("lot").hidden = !lot;
  if (!lot) return;
  const picture = $("picture", HTMLImageElement);
  picture.hidden = !lot.has_picture;
  if (lot.has_picture) picture.src = pictureOf(lot);
  $("title").textContent = lot.title;
  $("seller").textContent = `offered by ${lot.seller}`;
  $("price-label").textContent = priceLabel(lot);
  $("price").textContent = money(lot.price);
  $("bid").hidden = !lot.open || lot.seller === user;
  $("close").hidden = !lot.open || lot.seller !== user;
  if (!lot.open) drawLeft(0);
}

function priceLabel({ leader, open }: Lot): string {
  if (!leader) return open ? "Price" : "Not sold";
  return `${open ? "Bid by" : "Sold to"} ${leader}`;
}

/** Show how long the auction lasts. */
export function drawLeft(seconds: number): void {
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  $("left").textContent = seconds > 0 ? `${minutes}:${rest}` : "ended";
  $("left").classList.toggle("soon", seconds < 30);
}

export function drawBids(bids: readonly Bid[]): void {
  const line = ({ bidder, amount }: Bid) => el("li", "", el("span", "", bidder), money(amount));
  $("bids").replaceChildren(...bids.map(line));
  if (bids.length === 0) $("bids").append(el("li", "soft", "Nobody has bid yet."));
}

let fading = 0;

/** Say something for some seconds. */
export function note(text: string): void {
  $("note").textContent = text;
  $("note").hidden = false;
  clearTimeout(fading);
  fading = window.setTimeout(() => ($("note").hidden = true), 5000);
}
