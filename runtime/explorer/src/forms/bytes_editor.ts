import { button, h, replace } from "../dom/element.js";
import { bytesView } from "../dom/bytes_view.js";
import { fromHex, toHex } from "../values/bytes.js";
import { isBytes, type Value } from "../values/json.js";
import { Editor, type Labels } from "./editor.js";

/** More bytes than this aren't written out as digits. */
const MOST_DIGITS = 256;

/** Bytes: a file, or hexadecimal digits. */
export class BytesEditor extends Editor {
  readonly element: HTMLElement;
  readonly #hex: HTMLInputElement;
  readonly #preview = h("div", { class: "preview" });
  #bytes: Uint8Array | null = null;

  constructor(labels: Labels) {
    super();
    const file = h("input", { type: "file", class: "file", "aria-label": `File for ${labels.hint || "bytes"}`, on: { change: () => void this.#take(file) } });
    this.#hex = h("input", { type: "text", "aria-labelledby": labels.labelId, placeholder: "hexadecimal: 00 ff", spellcheck: "false", class: "code", on: { input: () => this.#typed() } });
    this.element = h("div", { class: "bytes" }, h("div", { class: "control" }, this.#hex, button("File…", () => file.click(), { class: "quiet", "aria-label": `Choose a file for ${labels.hint || "bytes"}` }), file), this.#preview);
    file.tabIndex = -1;
  }

  override get control(): HTMLElement {
    return this.#hex;
  }

  read(): Value {
    return this.#bytes ?? fromHex(this.#hex.value) ?? this.#hex.value;
  }

  write(value: Value): void {
    if (!isBytes(value)) return;
    const isShort = value.length <= MOST_DIGITS;
    this.#bytes = isShort ? null : value;
    this.#hex.value = isShort ? toHex(value) : "";
    this.#hex.placeholder = isShort ? "hexadecimal: 00 ff" : "from a file";
    this.#show(value);
  }

  async #take(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file) this.write(new Uint8Array(await file.arrayBuffer()));
    input.value = "";
  }

  #typed(): void {
    this.#bytes = null;
    this.#show(fromHex(this.#hex.value));
  }

  #show(bytes: Uint8Array | null): void {
    replace(this.#preview, bytes?.length ? bytesView(bytes) : null);
  }
}
