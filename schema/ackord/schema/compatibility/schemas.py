"""Compares the JSON Schemas of ``python:`` types."""

from __future__ import annotations

from typing import Any, Final, cast

from ackord.schema.model import Json

_ANNOTATIONS: Final = frozenset(
    {"title", "description", "examples", "deprecated", "default", "$comment"}
)
"""Keywords that don't decide which values are valid."""
_NAMES: Final = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
"""Keywords whose values are schemas by name."""
_VALUES: Final = frozenset({"const", "enum"})
"""Keywords whose values are no schemas."""


def are_same(one: Json, other: Json) -> bool:
    """Return whether two JSON Schemas take the same values as far as their texts tell."""
    same: bool = _bare(one) == _bare(other)
    return same


def takes_anything(schema: Json) -> bool:
    """Return whether a JSON Schema takes every value."""
    return schema is True or _bare(schema) == {}


def may_hold_bytes(schema: Json) -> bool:
    """Return whether a part of a JSON Schema is binary data."""
    pending: list[Any] = [schema]
    while pending:
        part = pending.pop()
        match part:
            case {"format": "binary"}:
                return True
            case dict():
                pending.extend(cast("dict[str, Any]", part).values())
            case list():
                pending += part
            case _:
                pass
    return False


def _bare(schema: Json) -> Json:
    match schema:
        case list():
            parts = cast("list[Any]", schema)  # type: ignore[redundant-cast]  # pyright sees list[Unknown]
            return [_bare(each) for each in parts]
        case dict():
            keywords = cast("dict[str, Any]", schema)
            return {
                name: _bare_keyword(name, value)
                for name, value in keywords.items()
                if name not in _ANNOTATIONS
            }
        case bool() | int():
            return type(schema).__name__, schema
        case _:
            return schema


def _bare_keyword(name: str, value: Json) -> Json:
    if name in _VALUES:
        return repr(value)
    if name in _NAMES and isinstance(value, dict):
        return {each: _bare(inner) for each, inner in cast("dict[str, Any]", value).items()}
    return _bare(value)
