"""The JSON kinds of types, by which the members of an untagged union are told apart when they are
read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

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
