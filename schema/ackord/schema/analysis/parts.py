"""The types that a type or a declaration is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ackord.schema.model import (
    Alias,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

PLAIN_KEY: Final = ScalarType("str")
"""The keys of a map for which no type is written."""


def written_types(of: Type) -> Iterator[Type]:
    """Return a type and the types that are written in it; declared types only by name."""
    if isinstance(of, ScalarType | RefType):  # most types
        yield of
        return
    pending: list[Type] = [of]
    while pending:
        part = pending.pop()
        yield part
        match part:
            case ListType(item) | NullableType(item):
                pending.append(item)
            case MapType(item, key=key):
                pending.append(item)
                if key != PLAIN_KEY:
                    pending.append(key)
            case TupleType(items) | UnionType(items):
                pending.extend(items)
            case ScalarType() | LiteralType() | RefType():
                pass


def types_within(declaration: TypeDeclaration | None) -> Iterator[Type]:
    """Return the types that are written in a declaration."""
    match declaration:
        case NewType(base=base):
            yield base
        case Alias(type=target):
            yield target
        case Record(fields=fields):
            yield from (field.type for field in fields)
        case TaggedUnion(members=members):
            yield from (RefType(member) for member in members)
        case _:  # enums have none; the types in a Python type can't be read from its JSON Schema
            pass


def spread(names: Iterable[str], declarations: Mapping[str, TypeDeclaration]) -> frozenset[str]:
    """Return these declared types, and all that refer to them by way of any others."""
    users: dict[str, list[str]] = {}
    for name, declared in declarations.items():
        for of in types_within(declared):
            for part in written_types(of):
                if isinstance(part, RefType):
                    users.setdefault(part.name, []).append(name)
    found = set(names)
    pending = list(found)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending.append(user)
    return frozenset(found)
