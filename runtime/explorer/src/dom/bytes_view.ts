import { pictureType, sizeText, toHex } from "../values/bytes.js";
import { h } from "./element.js";

/** Bytes that are shown as digits. */
const SHOWN = 16;

/** Show bytes: their size, the first of them, the picture if they are one, and a link that saves them. */
export function bytesView(bytes: Uint8Array): HTMLElement {
  const type = pictureType(bytes);
  const blob = new Blob([bytes.slice()], { type: type ?? "application/octet-stream" });
  const dots = bytes.length > SHOWN ? " …" : "";
  const save = h("button", { type: "button", class: "link", on: { click: () => saveBlob(blob, type) } }, "Save");
  const picture = type && picturesView(blob);
  return h("span", { class: "bytes-view" }, h("span", { class: "size" }, sizeText(bytes.length)), h("code", {}, `${toHex(bytes.subarray(0, SHOWN))}${dots}`), save, picture);
}

function picturesView(blob: Blob): HTMLImageElement {
  const url = URL.createObjectURL(blob);
  const release = (): void => URL.revokeObjectURL(url);
  const image = h("img", { src: url, alt: "The bytes as a picture", on: { load: release, error: () => (release(), image.remove()) } });
  return image;
}

function saveBlob(blob: Blob, type: string | null): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: `bytes.${type?.split("/")[1] ?? "bin"}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
