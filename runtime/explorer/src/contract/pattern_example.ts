// A text that matches a pattern, for common patterns: literals, classes, groups, alternatives and quantifiers. Others give null.

const CLASSES: { readonly [escape: string]: string } = { d: "0", w: "a", s: " " };
const SAMPLES = "a0A-_ x1.:@/#~!";

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get #next(): string {
    return this.#text.charAt(this.#at);
  }

  alternatives(): string {
    const first = this.#sequence();
    while (this.#next === "|") {
      this.#at += 1;
      this.#sequence();
    }
    return first;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  #sequence(): string {
    let found = "";
    while (this.#next && this.#next !== "|" && this.#next !== ")") found += this.#repeated(this.#atom());
    return found;
  }

  #repeated(atom: string): string {
    const braces = /^\{(\d+)(,\d*)?\}/.exec(this.#text.slice(this.#at));
    let times = 1;
    if (braces) {
      this.#at += braces[0].length;
      times = Number(braces[1]) || (braces[2] ? 1 : 0);
    } else if ("?*+".includes(this.#next) && this.#next) {
      times = this.#next === "?" ? 0 : 1;
      this.#at += 1;
    }
    if (this.#next === "?") this.#at += 1;
    return atom.repeat(Math.min(times, 1000));
  }

  #atom(): string {
    const character = this.#next;
    this.#at += 1;
    switch (character) {
      case "^":
      case "$":
        return "";
      case ".":
        return "a";
      case "(": {
        const kind = /^\?(:|<\w+>)/.exec(this.#text.slice(this.#at));
        if (kind) this.#at += kind[0].length;
        const inner = this.alternatives();
        this.#at += 1;
        return inner;
      }
      case "[":
        return this.#class();
      case "\\": {
        const escaped = this.#next;
        this.#at += 1;
        return CLASSES[escaped] ?? escaped;
      }
      default:
        return character;
    }
  }

  #class(): string {
    let end = this.#at;
    while (end < this.#text.length && (this.#text[end] !== "]" || end === this.#at)) end += this.#text[end] === "\\" ? 2 : 1;
    const set = new RegExp(`^[${this.#text.slice(this.#at, end)}]$`);
    const first = this.#text.slice(this.#at, end).replace(/^\^/, "").charAt(0);
    this.#at = end + 1;
    return [...SAMPLES, first].find((sample) => set.test(sample)) ?? "";
  }
}

export function patternExample(pattern: string): string | null {
  try {
    const reader = new Reader(pattern);
    const found = reader.alternatives();
    return reader.done && new RegExp(pattern, "u").test(found) ? found : null;
  } catch {
    return null;
  }
}
