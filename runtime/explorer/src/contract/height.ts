// How many declared types the smallest value of a type has inside each other. A type that contains itself has a value only by way of
// the member, the null or the empty list that is less high, so whoever goes there comes to an end.

import type { Declaration, Field, Type } from "./ir.js";

export type Heights = ReadonlyMap<string, number>;

/** Find the heights of all declared types: those that are found make others known, until nothing changes. */
export function heightsOf(declarations: readonly Declaration[]): Heights {
  const found = new Map<string, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const declared of declarations) {
      const height = declaredHeight(found, declared);
      if (height >= (found.get(declared.name) ?? Infinity)) continue;
      found.set(declared.name, height);
      changed = true;
    }
  }
  return found;
}

export function typeHeight(heights: Heights, type: Type): number {
  switch (type.kind) {
    case "ref":
      return heights.get(type.name) ?? Infinity;
    case "list":
      return type.constraints?.min_items ? typeHeight(heights, type.item) : 0;
    case "map":
      return type.constraints?.min_items ? typeHeight(heights, type.value) : 0;
    case "tuple":
      return Math.max(0, ...type.items.map((item) => typeHeight(heights, item)));
    case "union":
      return Math.min(...type.members.map((member) => typeHeight(heights, member)));
    default:
      return 0;
  }
}

function declaredHeight(heights: Heights, declared: Declaration): number {
  switch (declared.kind) {
    case "record":
      return 1 + fieldsHeight(heights, declared.fields ?? []);
    case "tagged_union":
      return Math.min(...declared.members.map((name) => heights.get(name) ?? Infinity));
    case "alias":
      return typeHeight(heights, declared.type);
    default:
      return 0;
  }
}

const fieldsHeight = (heights: Heights, fields: readonly Field[]): number => Math.max(0, ...fields.filter((field) => field.required !== false).map((field) => typeHeight(heights, field.type)));
