"""Writes types as a schema file does: ``list[Task]``, ``str | null``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import assert_never

from ackord.schema.model import (
    ListType,
    LiteralType,
    MapType,
    NullableType,
    RefType,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a written type."""

    text: str
    refers: bool = False
    """Whether the text is the name of a declared type."""


def notation(type_: Type) -> list[Part]:
    """Write a type in parts, without constraints, so that a page can link the names in it."""
    match type_:
        case ScalarType(name=name):
            return [Part(name)]
        case RefType(name=name):
            return [Part(name, refers=True)]
        case LiteralType(values=values):
            return [Part(f"literal[{', '.join(map(_json, values))}]")]
        case ListType(item=item):
            return [Part("list["), *notation(item), Part("]")]
        case MapType(key=key, value=value):
            return [Part("map["), *notation(key), Part(", "), *notation(value), Part("]")]
        case TupleType(items=items):
            return [Part("tuple["), *_joined(", ", items), Part("]")]
        case UnionType(members=members):
            return _joined(" | ", members)
        case NullableType(item=item):
            return [*notation(item), Part(" | null")]
        case _:
            assert_never(type_)


def written(type_: Type) -> str:
    """Write a type as one text, without constraints."""
    return "".join(part.text for part in notation(type_))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _joined(separator: str, types: tuple[Type, ...]) -> list[Part]:
    parts = [part for each in types for part in (Part(separator), *notation(each))]
    return parts[1:]
