"""Writes a JSON Schema that pydantic made of a Python class as a TypeScript type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from ackord.codegen.typescript.text import key, literal

_TYPES: Final[Mapping[str, str]] = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def schema_type(schema: Any, use: Callable[[str], str]) -> str:
    """Write a JSON Schema as a type.

    Args:
        schema: The schema, with its definitions under ``$defs``.
        use: Returns the local name of a type of ``runtime.ts``.
    """
    found = cast("dict[str, Any]", schema) if isinstance(schema, dict) else {}
    return _Writer(found.get("$defs", {}), use).write(schema)


class _Writer:
    def __init__(self, definitions: Mapping[str, Any], use: Callable[[str], str]) -> None:
        self._definitions = definitions
        self._use = use
        self._open: list[str] = []
        """The definitions that are being written; one that holds itself is any JSON value there."""

    def write(self, schema: Any) -> str:
        """Write a schema; what it demands beyond a type is for validation."""
        if not isinstance(schema, dict):
            return self._use("JsonValue")
        found = cast("dict[str, Any]", schema)
        if "$ref" in found:
            name = str(found["$ref"]).rpartition("/")[2]
            if name in self._open:
                return self._use("JsonValue")
            self._open.append(name)
            written = self.write(self._definitions.get(name))
            self._open.pop()
            return written
        if "const" in found:
            return literal(found["const"])
        if "enum" in found:
            return " | ".join(literal(each) for each in found["enum"])
        for union in ("anyOf", "oneOf"):
            if union in found:
                return self._union([self.write(each) for each in found[union]])
        if "allOf" in found:
            return " & ".join(f"({self.write(each)})" for each in found["allOf"])
        return self._typed(found)

    def _typed(self, schema: Mapping[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = cast("list[str]", kind)
            return self._union([self._typed({**schema, "type": each}) for each in kinds])
        if kind == "array":
            return self._array(schema)
        if kind == "object":
            return self._object(schema)
        return _TYPES.get(str(kind)) or self._use("JsonValue")

    def _array(self, schema: Mapping[str, Any]) -> str:
        if "prefixItems" in schema:
            items = [self.write(each) for each in schema["prefixItems"]]
            return f"readonly [{', '.join(items)}]"
        return f"readonly ({self.write(schema.get('items'))})[]"

    def _object(self, schema: Mapping[str, Any]) -> str:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if not properties:
            rest = schema.get("additionalProperties")
            value = self.write(rest) if isinstance(rest, dict) else self._use("JsonValue")
            return f"{{ readonly [key: string]: {value} }}"
        required: Sequence[str] = schema.get("required", ())
        listed = (
            f"readonly {key(name)}{'' if name in required else '?'}: {self.write(each)}"
            for name, each in properties.items()
        )
        return f"{{ {'; '.join(listed)} }}"

    def _union(self, members: Sequence[str]) -> str:
        return " | ".join(dict.fromkeys(members))
