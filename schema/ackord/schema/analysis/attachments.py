"""Lists and maps that may hold more attachments than a packet has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

PACKET_ATTACHMENTS: Final = 10
"""Attachments that receivers take in one packet, unless they are told otherwise: npm's
socket.io-parser since 4.2.6, and this runtime.
"""


def has_collections(of: Type) -> bool:
    """Tell whether a type as it is written has a list or a map in it."""
    return any(isinstance(part, ListType | MapType) for part in written_types(of))


def unbounded_attachments(of: Type, declarations: Mapping[str, TypeDeclaration]) -> Iterator[str]:
    """Give the kinds of the lists and maps, as they are written in a type, that may hold any number
    of attachments.
    """
    for part in written_types(of):
        match part:
            case ListType(item, constraints) | MapType(item, constraints) if (
                constraints.max_items is None
            ):
                if _holds_bytes(item, declarations):
                    yield part.kind
            case _:
                pass


def written_types(of: Type) -> Iterator[Type]:
    """Give a type and the types that are written in it; declared ones by their names only."""
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


def _holds_bytes(of: Type, declarations: Mapping[str, TypeDeclaration]) -> bool:
    pending: list[Type] = [of]
    seen: set[str] = set()
    while pending:
        for part in written_types(pending.pop()):
            if isinstance(part, ScalarType) and part.name == "bytes":
                return True
            if isinstance(part, RefType) and part.name not in seen:
                seen.add(part.name)
                pending.extend(types_within(declarations.get(part.name)))
    return False


def types_within(declaration: TypeDeclaration | None) -> Iterator[Type]:
    """Give the types that are written in a declaration."""
    match declaration:
        case NewType(base=base):
            yield base
        case Alias(type=target):
            yield target
        case Record(fields=fields):
            yield from (field.type for field in fields)
        case TaggedUnion(members=members):
            yield from (RefType(member) for member in members)
        case _:  # enums have none; what a Python type holds, its JSON Schema doesn't say for sure
            pass
