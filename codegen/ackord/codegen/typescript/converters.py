"""Writes how values are converted from their form on the wire.

Only types that are another thing there need it: bytes everywhere, and what the options say of
``int64`` and ``datetime``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from ackord.codegen.plan import Plan
from ackord.codegen.typescript.naming import Names
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import braces, bracketed, key, literal
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import (
    Alias,
    Field,
    ListType,
    MapType,
    NewType,
    NullableType,
    Record,
    RefType,
    ScalarName,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

_PURE: Final = "/* @__PURE__ */ "
"""Tells bundlers that a call can be left out if its value isn't used."""


class Converters:
    """The converters of a package."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self._scalars: dict[ScalarName, str] = {"bytes": "wire.bytes"}
        if settings.int64 == "bigint":
            self._scalars["int64"] = "wire.bigint"
        if settings.datetime == "Date":
            self._scalars["datetime"] = "wire.date"
        self._converted = self._find_converted()
        self._big = settings.int64 == "bigint"

    def definitions(self) -> Iterator[str]:
        """Write the converters of the declared types, each after those that it calls at once."""
        contract = self._plan.contract
        lazy = [each for each in contract.types if isinstance(each, NewType | Record)]
        unions = [each for each in contract.types if isinstance(each, TaggedUnion)]
        aliases = [each for each in self._plan.named if isinstance(each, Alias)]
        for declared in (*lazy, *unions, *aliases):
            if declared.name in self._converted:
                yield self._definition(declared)

    def expression(self, type_: Type, prefix: str = "converters.") -> str | None:
        """Write the converter of a type; `None` if it has the same form on the wire.

        Args:
            type_: The type.
            prefix: What stands before the converters of declared types.
        """
        match type_:
            case ScalarType(name):
                return self._scalars.get(name)
            case RefType(name):
                return f"{prefix}{self._names.types[name]}" if name in self._converted else None
            case NullableType(item):
                return self.expression(item, prefix)
            case ListType(item):
                inner = self.expression(item, prefix)
                return inner and f"wire.list({inner})"
            case MapType(value):
                inner = self.expression(value, prefix)
                return inner and f"wire.map({inner})"
            case TupleType(items):
                inner_all = [self.expression(each, prefix) for each in items]
                if not any(inner_all):
                    return None
                return f"wire.tuple({', '.join(each or 'undefined' for each in inner_all)})"
            case UnionType(members):
                has_text = "string" in json_kinds(type_, self._plan.declarations)
                found = [
                    f"wire.attached({found})" if has_text and self._is_bytes(each) else found
                    for each in members
                    if (found := self.expression(each, prefix))
                ]
                if len(found) < 2:
                    return found[0] if found else None
                return f"wire.either({', '.join(found)})"
            case _:
                return None

    def fields(self, fields: Iterable[Field], prefix: str = "converters.") -> str | None:
        """Write the converter of an object with these fields."""
        entries = self._entries(fields, prefix)
        return f"wire.record(() => ({braces(entries)}))" if entries else None

    def has_any(self, types: Iterable[Type], scalars: AbstractSet[ScalarName]) -> bool:
        """Return whether a value of one of these types may have one of these scalars."""
        return any(self._reaches(each, scalars, set()) for each in types)

    def has_bigint(self, types: Iterable[Type]) -> bool:
        """Return whether a value of one of these types may have a ``bigint``."""
        return self._big and self.has_any(types, {"int64"})

    def _is_bytes(self, type_: Type) -> bool:
        match type_:
            case ScalarType(name):
                return name == "bytes"
            case NullableType(item):
                return self._is_bytes(item)
            case RefType(name):
                declared = self._plan.declarations[name]
                return isinstance(declared, Alias | NewType) and any(
                    map(self._is_bytes, _parts(declared))
                )
            case _:
                return False

    def _find_converted(self) -> frozenset[str]:
        names = self._scalars.keys()
        return frozenset(
            each.name
            for each in self._plan.contract.types
            if self._reaches(RefType(each.name), names, set())
        )

    def _reaches(self, type_: Type, scalars: Iterable[ScalarName], seen: set[str]) -> bool:
        match type_:
            case ScalarType(name):
                return name in scalars
            case RefType(name):
                if name in seen:
                    return False
                seen.add(name)
                parts = _parts(self._plan.declarations[name])
                return any(self._reaches(each, scalars, seen) for each in parts)
            case ListType(item) | NullableType(item) | MapType(item):
                return self._reaches(item, scalars, seen)
            case TupleType(items) | UnionType(items):
                return any(self._reaches(each, scalars, seen) for each in items)
            case _:
                return False

    def _entries(self, fields: Iterable[Field], prefix: str) -> list[str]:
        return [
            f"{key(field.name)}: {expression}"
            for field in fields
            if (expression := self.expression(field.type, prefix)) is not None
        ]

    def _definition(self, declared: TypeDeclaration) -> str:
        head = f"export const {self._names.types[declared.name]}: wire.Convert = "
        match declared:
            case NewType(base=base):
                return f"{head}{self._scalars[base.name]};"
            case Record(fields=fields):
                entries = self._entries(fields, "")
                return bracketed(f"{head}{_PURE}wire.record(() => ({{ ", entries, " }));")
            case TaggedUnion(tag=tag, members=members):
                records = (self._plan.declarations[name] for name in members)
                entries = [
                    f"{key(each.tag_value or '')}: {self._names.types[each.name]}"
                    for each in records
                    if isinstance(each, Record) and each.name in self._converted
                ]
                call = f"{head}{_PURE}wire.tagged({literal(tag)}, () => ({{ "
                return bracketed(call, entries, " }));")
            case Alias(type=type_):
                return f"{head}{_PURE}{self.expression(type_, '')};"
            case _:
                raise AssertionError(declared)


def _parts(declared: TypeDeclaration) -> Iterator[Type]:
    match declared:
        case NewType(base=base):
            yield base
        case Record(fields=fields):
            yield from (field.type for field in fields)
        case TaggedUnion(members=members):
            yield from map(RefType, members)
        case Alias(type=type_):
            yield type_
        case _:
            return
