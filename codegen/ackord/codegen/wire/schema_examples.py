"""Makes an example of what a JSON Schema describes: for Python classes, of which no more is
known.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, cast

_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date": "2026-01-31",
        "date-time": "2026-01-31T12:00:00Z",
        "duration": "PT1H30M",
        "email": "ada@example.org",
        "ipv4": "192.0.2.1",
        "ipv6": "2001:db8::1",
        "time": "12:00:00",
        "uri": "https://example.org/",
        "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    }
)
_PLAIN: Final[Mapping[str, Any]] = MappingProxyType(
    {"boolean": True, "integer": 1, "null": None, "number": 0.5}
)
_DEEPEST: Final = 8


def schema_example(schema: Any, root: Any = None, depth: int = 0) -> Any:
    """Make an example of a JSON Schema; `root` is the whole that it stands in."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    known = cast("dict[str, Any]", schema)
    for key in ("const", "default"):
        if key in known:
            return known[key]
    for key in ("examples", "enum"):
        if known.get(key):
            return known[key][0]
    if "$ref" in known:
        name = str(known["$ref"]).rpartition("/")[2]
        return schema_example(root.get("$defs", {}).get(name), root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if known.get(key):
            return schema_example(known[key][0], root, depth + 1)
    return _typed(known, root, depth)


def _typed(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    kind: str | list[str] = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "string":
        text = _FORMATS.get(schema.get("format", ""), "text")
        return text + "." * (schema.get("minLength", 0) - len(text))
    if kind == "array":
        items = schema.get("prefixItems", [schema.get("items", {})] * schema.get("minItems", 0))
        return [schema_example(each, root, depth + 1) for each in items]
    if kind == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        return {each: schema_example(properties.get(each), root, depth + 1) for each in required}
    return schema.get("minimum", schema.get("maximum", _PLAIN.get(kind, {})))
