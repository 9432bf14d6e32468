"""What the words of the language mean, for hovers: keys by their place, and built-in types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from ackord.schema.editor.context import ITEM
from ackord.schema.language_schema import json_schema

SCALARS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "str": ("text", '"a"'),
        "int": ("a number without a fraction: up to 2^53 also 5.0, which some clients write", "5"),
        "int64": ("a 64-bit integer, as text: JavaScript would lose digits", '"9007199254740993"'),
        "float": ("a number", "0.5"),
        "bool": ("true or false", "true"),
        "bytes": (
            "binary data, sent as an attachment, at any place",
            '{"_placeholder": true, "num": 0}',
        ),
        "datetime": ("a time with an offset, RFC 3339", '"2026-01-31T12:00:00Z"'),
        "date": ("a day, RFC 3339", '"2026-01-31"'),
        "time": ("a time of day, RFC 3339", '"12:00:00"'),
        "duration": ("a length of time, ISO 8601", '"PT1H30M"'),
        "uuid": ("a UUID, as text", '"12345678-1234-5678-1234-567812345678"'),
        "decimal": ("an exact number, as text", '"9.95"'),
        "url": ("a URL, as text", '"https://example.org/"'),
        "email": (
            "text of at most 254 characters that the HTML standard takes for an email address",
            '"ada@example.org"',
        ),
        "ip": ("an IPv4 or IPv6 address without a zone", '"192.0.2.1"'),
        "json": ("any JSON, but no bytes", "[1, null]"),
        "json_object": ("a JSON object with any content, but no bytes", '{"a": 1}'),
    }
)
"""The meaning of each built-in type, with an example of its form on the wire."""
FORMS: Final = ("list[]", "map[str, ]", "tuple[]", "literal[]", "null")
"""What else may stand in a type expression."""


@cache
def _root() -> dict[str, Any]:
    return json_schema()


def schemas_at(path: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what the JSON Schema of the language says of a place, without choices."""
    found = [_root()]
    for step in path:
        found = [inner for schema in found for inner in _enter(schema, step)]
    return found


def _enter(schema: dict[str, Any], step: str) -> Iterator[dict[str, Any]]:
    if step == ITEM:
        inner = schema.get("items")
    else:
        more = schema.get("additionalProperties")
        inner = schema.get("properties", {}).get(step, more if isinstance(more, dict) else None)
    if inner is not None:
        yield from _choices(inner)


def _choices(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follow references and choices; a description of the reference stays."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        description = {key: schema[key] for key in ("description",) if key in schema}
        for choice in _choices(_root()["$defs"][name]):
            yield choice | description
    elif "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _choices(choice)
    else:
        yield schema


def keys_at(path: tuple[str, ...], siblings: frozenset[str]) -> dict[str, str]:
    """Return the keys that may be written in a mapping, with what they say."""
    mappings = [schema for schema in schemas_at(path) if "properties" in schema]
    fitting = [schema for schema in mappings if siblings <= set(schema["properties"])]
    return {
        key: inner.get("description", "")
        for schema in fitting or mappings
        for key, inner in schema["properties"].items()
        if key not in siblings
    }


def describe_key(path: tuple[str, ...], key: str) -> str | None:
    """Return what a key says at its place; `None` for a name that the author has chosen."""
    for schema in schemas_at(path):
        inner = schema.get("properties", {}).get(key)
        if inner is not None:
            description: str = inner.get("description", "")
            return description
    return None


def values_at(path: tuple[str, ...]) -> list[str]:
    """Return the values that a key may have, if these can be listed."""
    found: list[str] = []
    for schema in schemas_at(path):
        found += [str(value) for value in schema.get("enum", ())]
        if "const" in schema:
            found.append(str(schema["const"]))
        if schema.get("type") == "boolean":
            found += ["true", "false"]
    return list(dict.fromkeys(found))


def kind_of_names(path: tuple[str, ...]) -> str | None:
    """Return what kind of names stands at a place: ``types``, ``errors`` or ``rooms``."""
    kinds = {schema["$comment"] for schema in schemas_at(path) if "$comment" in schema}
    return kinds.pop() if len(kinds) == 1 else None
