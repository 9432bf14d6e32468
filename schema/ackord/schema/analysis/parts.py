"""The types that a type or a declaration is made of."""

from __future__ import annotations

from collections.abc import Iterator

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


def written_types(of: Type) -> Iterator[Type]:
    """Return a type and the types that are written in it; declared types only by name."""
    pending: list[Type] = [of]
    while pending:
        part = pending.pop()
        yield part
        match part:
            case ListType(item) | MapType(item) | NullableType(item):
                pending.append(item)
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
