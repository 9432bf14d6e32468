"""The JSON kinds of types, by which the members of an untagged union are told apart when they are
read, and their classes, by which they are told apart when they are written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal, TypeAlias

from ackord.schema.analysis.python_types import find_class
from ackord.schema.model import (
    Alias,
    Enum,
    Json,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

JsonKind: TypeAlias = Literal["null", "bool", "number", "string", "array", "object"]

ALL_KINDS: Final[frozenset[JsonKind]] = frozenset(
    {"null", "bool", "number", "string", "array", "object"}
)

_NULL: Final[frozenset[JsonKind]] = frozenset({"null"})
_OF_SCALAR: Final[Mapping[str, frozenset[JsonKind]]] = {
    "int": frozenset({"number"}),
    "float": frozenset({"number"}),
    "bool": frozenset({"bool"}),
    "bytes": frozenset({"object"}),  # the placeholder of an attachment
    "json": ALL_KINDS,
    "json_object": frozenset({"object"}),
}
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
_OF_SCHEMA: Final[Mapping[str, JsonKind]] = {
    "null": "null",
    "boolean": "bool",
    "integer": "number",
    "number": "number",
    "string": "string",
    "array": "array",
    "object": "object",
}


def json_kinds(of: Type, declarations: Mapping[str, TypeDeclaration]) -> frozenset[JsonKind]:
    """Return which kinds of JSON the values of a type have; none for a broken type."""
    match of:
        case ScalarType(name):
            return _OF_SCALAR.get(name, frozenset({"string"}))
        case ListType() | TupleType():
            return frozenset({"array"})
        case MapType():
            return frozenset({"object"})
        case LiteralType(values):
            kinds: list[JsonKind] = [kind_of_value(value) for value in values]
            return frozenset(kinds)
        case NullableType(item):
            return json_kinds(item, declarations).union(_NULL)
        case UnionType(members):
            return frozenset[JsonKind]().union(
                *(json_kinds(member, declarations) for member in members)
            )
        case RefType(name):
            return _of_declaration(declarations.get(name), declarations)


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


def kind_of_value(value: Json) -> JsonKind:
    """Return which kind a decoded JSON value has."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _of_declaration(
    declaration: TypeDeclaration | None, declarations: Mapping[str, TypeDeclaration]
) -> frozenset[JsonKind]:
    match declaration:
        case NewType(base=base):
            return json_kinds(base, declarations)
        case Alias(type=target):
            return json_kinds(target, declarations)
        case Enum():
            return frozenset({"string"})
        case Record() | TaggedUnion():
            return frozenset({"object"})
        case PythonType(json_schema=schema):
            return _of_schema(schema)
        case None:
            return frozenset()


def _of_schema(schema: Json) -> frozenset[JsonKind]:
    """Return the kinds that a JSON Schema names at its top level; all kinds if it names none."""
    match schema:
        case {"type": str(name)} if name in _OF_SCHEMA:
            return frozenset({_OF_SCHEMA[name]})
        case {"anyOf": [_, *_]} | {"oneOf": [_, *_]}:
            members: list[Json] = schema.get("anyOf") or schema["oneOf"]
            return frozenset[JsonKind]().union(*map(_of_schema, members))
        case {"$ref": str(reference), "$defs": {}}:
            return _of_schema(schema["$defs"].get(reference.removeprefix("#/$defs/")))
        case _:
            return ALL_KINDS
