import type { Constraints, Field, Type } from "./ir.js";

/** A part of a type's text: with `ref`, the name of a declared type. */
export interface TextPart { readonly text: string; readonly ref?: boolean }

const between = (lists: TextPart[][], separator: string): TextPart[] =>
  lists.flatMap((parts, index) => (index ? [{ text: separator }, ...parts] : parts));

/** The text of a type as the schema language writes it, in parts. */
export function typeParts(type: Type): TextPart[] {
  switch (type.kind) {
    case "scalar":
      return [{ text: type.name }];
    case "list":
      return [{ text: "list[" }, ...typeParts(type.item), { text: "]" }];
    case "map":
      return [{ text: "map[" }, ...typeParts(type.key ?? { kind: "scalar", name: "str" }), { text: ", " }, ...typeParts(type.value), { text: "]" }];
    case "tuple":
      return [{ text: "tuple[" }, ...between(type.items.map(typeParts), ", "), { text: "]" }];
    case "literal":
      return [{ text: `literal[${type.values.map((value) => JSON.stringify(value)).join(", ")}]` }];
    case "union":
      return between(type.members.map(typeParts), " | ");
    case "nullable":
      return [...typeParts(type.item), { text: " | null" }];
    case "ref":
      return [{ text: type.name, ref: true }];
  }
}

export const typeText = (type: Type): string => typeParts(type).map((part) => part.text).join("");

/** What a field adds to its type: that it may be absent, or its default. */
export function fieldSuffix(field: Field): string {
  if (field.default) return ` = ${JSON.stringify(field.default.value)}`;
  return field.required === false ? "?" : "";
}

const SIGNS: readonly (readonly [keyof Constraints, string])[] = [
  ["ge", "≥"], ["gt", ">"], ["le", "≤"], ["lt", "<"], ["multiple_of", "multiple of"], ["max_digits", "digits ≤"], ["decimal_places", "decimal places ≤"],
];

/** What a type's constraints demand, each as a short text. */
function constraintTexts(constraints: Constraints | undefined, unit = "characters"): string[] {
  if (!constraints) return [];
  const texts = SIGNS.flatMap(([key, sign]) => (constraints[key] === undefined ? [] : [`${sign} ${constraints[key]}`]));
  const sizes = [[constraints.min_length, constraints.max_length, unit], [constraints.min_items, constraints.max_items, "items"]] as const;
  for (const [min, max, what] of sizes) {
    if (min !== undefined && max !== undefined) texts.push(min === max ? `${min} ${what}` : `${min} to ${max} ${what}`);
    else if (min !== undefined) texts.push(`at least ${min} ${what}`);
    else if (max !== undefined) texts.push(`at most ${max} ${what}`);
  }
  if (constraints.pattern !== undefined) texts.push(`matches ${constraints.pattern}`);
  return texts;
}

/** The constraints within one type, those of its items included. */
export function constraintsOf(type: Type): string[] {
  switch (type.kind) {
    case "scalar":
      return constraintTexts(type.constraints, type.name === "bytes" ? "bytes" : "characters");
    case "list":
      return [...constraintTexts(type.constraints), ...constraintsOf(type.item).map((text) => `each item: ${text}`)];
    case "map":
      return [...constraintTexts(type.constraints), ...constraintsOf(type.value).map((text) => `each value: ${text}`)];
    case "nullable":
      return constraintsOf(type.item);
    case "tuple":
      return type.items.flatMap((item, index) => constraintsOf(item).map((text) => `item ${index + 1}: ${text}`));
    case "union":
      return type.members.flatMap((member) => constraintsOf(member).map((text) => `${typeText(member)}: ${text}`));
    default:
      return [];
  }
}
