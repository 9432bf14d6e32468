"""The Python classes of types, by which the members of an untagged union are told apart when they
are written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from ackord.schema.analysis.python_types import find_class
from ackord.schema.model import (
    Alias,
    Enum,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    PythonType,
    RefType,
    ScalarType,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

_CLASSES: Final[Mapping[str, type]] = {
    "str": str,
    "int": int,
    "int64": int,
    "float": float,
    "bool": bool,
    "bytes": bytes,
    "datetime": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
    "uuid": uuid.UUID,
    "decimal": Decimal,
    "email": str,
    "json": object,
    "json_object": dict,
}
"""The Python class of each scalar but `ip`, which has two, and `url`, which is pydantic's."""


def _classes_of(scalar: str) -> frozenset[type]:
    if scalar == "ip":
        return frozenset[type]({IPv4Address, IPv6Address})
    if scalar == "url":
        from pydantic import AnyUrl  # noqa: PLC0415 - takes long, and seldom needed

        return frozenset[type]({AnyUrl})
    return frozenset({_CLASSES[scalar]})


def python_classes(of: Type, declarations: Mapping[str, TypeDeclaration]) -> frozenset[type]:
    """Return the Python classes of a type's values, without generated ones; `object` if unknown."""
    match of:
        case ScalarType(name):
            return _classes_of(name)
        case ListType():
            return frozenset[type]({list})
        case TupleType():
            return frozenset[type]({tuple})
        case MapType():
            return frozenset[type]({dict})
        case LiteralType(values):
            return frozenset(map(type, values))
        case NullableType(item):
            return python_classes(item, declarations)
        case UnionType(members):
            return frozenset[type]().union(
                *(python_classes(member, declarations) for member in members)
            )
        case RefType(name):
            return _classes_of_declaration(declarations.get(name), declarations)


def _classes_of_declaration(
    declaration: TypeDeclaration | None, declarations: Mapping[str, TypeDeclaration]
) -> frozenset[type]:
    match declaration:
        case NewType(base=base):
            return python_classes(base, declarations)
        case Alias(type=target):
            return python_classes(target, declarations)
        case Enum():
            return frozenset({str})
        case PythonType(path=path):
            return frozenset({find_class(path) or object})
        case _:
            return frozenset()


def shared_class(some: frozenset[type], others: frozenset[type]) -> type | None:
    """Return a class of which values of both types may be."""
    for one in some:
        for other in others:
            if {one, other} != {bool, int} and (issubclass(one, other) or issubclass(other, one)):
                return one if issubclass(one, other) else other
    return None
