"""Writes types as a schema file does: ``list[Task]``, ``str | null``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import assert_never

from ackord.schema.model import (
    Constraints,
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
    """Write a type in parts, so that a page can link the names in it."""
    match type_:
        case ScalarType(name=name):
            return [Part(name)]
        case RefType(name=name):
            return [Part(name, refers=True)]
        case LiteralType(values=values):
            return [Part(f"literal[{', '.join(map(json.dumps, values))}]")]
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


def _joined(separator: str, types: tuple[Type, ...]) -> list[Part]:
    parts = [part for each in types for part in (Part(separator), *notation(each))]
    return parts[1:]


def limits(type_: Type) -> dict[str, object]:
    """Return the constraints of a type by their names in the schema language; those of the items of
    a list begin with ``items:``.
    """
    match type_:
        case ScalarType(constraints=constraints) | MapType(constraints=constraints):
            return dict(_given(constraints))
        case ListType(item=item, constraints=constraints):
            inner = {f"items: {name}": value for name, value in limits(item).items()}
            return {**dict(_given(constraints)), **inner}
        case NullableType(item=item):
            return limits(item)
        case _:
            return {}


def _given(constraints: Constraints) -> Iterator[tuple[str, object]]:
    for each in fields(constraints):
        value = getattr(constraints, each.name)
        if value is not None:
            yield each.name, value
