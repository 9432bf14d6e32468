import { bytesView } from "../dom/bytes_view.js";
import { sizeText } from "../values/bytes.js";
import { type Child, h } from "../dom/element.js";
import { hasBytes, isBytes, isList, isObject, type Value } from "../values/json.js";

/** Characters of a text, and members of a list or an object, that are shown. */
const LONGEST = 2000;
const MOST = 100;
const LONGEST_LINE = 200;
/** Values in all that are shown of one value, however its lists are nested: a peer may send any. */
const MOST_PARTS = 2000;

interface Budget { left: number }

/** Show a value as indented JSON, with bytes as their size and a preview. */
export const valueView = (value: Value): HTMLElement => h("pre", { class: "value", tabindex: 0 }, parts(value, "", { left: MOST_PARTS }));

function parts(value: Value, indent: string, budget: Budget): Child[] {
  budget.left -= 1;
  if (isBytes(value)) return [bytesView(value)];
  if (typeof value === "string") return [h("span", { class: "text" }, JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value))];
  if (isList(value)) return block("[", "]", within(value, budget, (item) => parts(item, `${indent}  `, budget)), value.length, indent);
  if (!isObject(value)) return [h("span", { class: "plain" }, String(value))];
  const entries = Object.entries(value);
  return block("{", "}", within(entries, budget, ([key, each]) => [h("span", { class: "key" }, JSON.stringify(key)), ": ", ...parts(each, `${indent}  `, budget)]), entries.length, indent);
}

/** Show members while there are not too many of them, here and in all. */
function within<T>(members: readonly T[], budget: Budget, show: (member: T) => Child[]): Child[][] {
  const shown: Child[][] = [];
  for (const each of members.slice(0, MOST)) if (budget.left > 0) shown.push(show(each));
  return shown;
}

function block(open: string, close: string, items: readonly Child[][], count: number, indent: string): Child[] {
  if (!count) return [open + close];
  if (!items.length) return [`${open} … ${count} ${close}`];
  const lines = items.flatMap((item, index) => [`${index ? "," : ""}\n${indent}  `, ...item]);
  return [open, ...lines, count > items.length ? `,\n${indent}  … ${count - items.length} more` : null, `\n${indent}${close}`];
}

/** A value in one line. */
export function summary(values: readonly Value[]): string {
  const text = values.map((value) => (isBytes(value) ? `<${sizeText(value.length)}>` : hasBytes(value) ? "{…}" : JSON.stringify(value))).join(", ");
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
}
