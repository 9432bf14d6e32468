"""Writes a JSON Schema that pydantic made of a Python class as a schema of its types.

Formats, limits and validators of the class aren't checked: only its own program knows these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from ackord.codegen.typescript.text import bracketed, key, literal

_DEEPEST: Final = 20
"""Levels of references, after which any JSON value is taken, as in the type."""
_ROOM: Final = 60
"""Columns of the fields of an object, what stands before them left out."""
_KINDS: Final[Mapping[str, str]] = {
    "string": "is.text()",
    "integer": "is.int()",
    "number": "is.float()",
    "boolean": "is.bool()",
    "null": "is.nothing()",
}


def schema_of(schema: Any) -> str:
    """Write a JSON Schema, with its definitions under ``$defs``, as an expression."""
    found = cast("dict[str, Any]", schema) if isinstance(schema, dict) else {}
    return _Writer(found.get("$defs", {})).write(schema, 0)


class _Writer:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def write(self, schema: Any, depth: int) -> str:
        """Write a schema."""
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return "is.json()"
        found = cast("dict[str, Any]", schema)
        if "$ref" in found:
            name = str(found["$ref"]).rpartition("/")[2]
            return self.write(self._definitions.get(name), depth + 1)
        if "const" in found:
            return f"is.choice([{literal(found['const'])}])"
        if "enum" in found:
            return f"is.choice([{', '.join(map(literal, found['enum']))}])"
        for union in ("anyOf", "oneOf"):
            if union in found:
                return self._either([self.write(each, depth) for each in found[union]])
        return "is.json()" if "allOf" in found else self._typed(found, depth)

    def _typed(self, schema: Mapping[str, Any], depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = cast("list[str]", kind)
            return self._either([self._typed({**schema, "type": each}, depth) for each in kinds])
        if kind == "array":
            return self._array(schema, depth)
        if kind == "object":
            return self._object(schema, depth)
        return _KINDS.get(str(kind)) or "is.json()"

    def _array(self, schema: Mapping[str, Any], depth: int) -> str:
        if "prefixItems" in schema:
            items = [self.write(each, depth) for each in schema["prefixItems"]]
            return f"is.tuple({', '.join(items)})"
        return f"is.list({self.write(schema.get('items'), depth)})"

    def _object(self, schema: Mapping[str, Any], depth: int) -> str:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if not properties:
            rest = schema.get("additionalProperties")
            value = self.write(rest, depth) if isinstance(rest, dict) else "is.json()"
            return f"is.map(is.text(), {value})"
        required: Sequence[str] = schema.get("required", ())
        fields = {name: self.write(each, depth) for name, each in properties.items()}
        return record(
            {name: text for name, text in fields.items() if name in required},
            {name: text for name, text in fields.items() if name not in required},
        )

    def _either(self, members: Sequence[str]) -> str:
        different = list(dict.fromkeys(members))
        return different[0] if len(different) == 1 else f"is.either({', '.join(different)})"


def record(required: Mapping[str, str], optional: Mapping[str, str]) -> str:
    """Write the schema of an object."""
    parts = [_fields(required), *([_fields(optional)] if optional else [])]
    return f"is.record({', '.join(parts)})"


def _fields(fields: Mapping[str, str]) -> str:
    listed = [f"{computed_key(name)}: {text}" for name, text in fields.items()]
    return bracketed("{ ", listed, " }", room=_ROOM) if listed else "{}"


def computed_key(name: str) -> str:
    """Write the name of a property of an object; `__proto__` would set the object's prototype."""
    return f"[{literal(name)}]" if name == "__proto__" else key(name)
