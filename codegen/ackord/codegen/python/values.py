"""Writes default values as Python expressions of their type."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, assert_never, cast

from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan, fields_of
from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.literals import literal
from ackord.schema.analysis.json_kinds import json_kinds, kind_of_value
from ackord.schema.model import (
    Alias,
    Enum,
    Field,
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


@cache
def _duration() -> Any:
    """Return what reads durations."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - takes long, and seldom needed

    return TypeAdapter(timedelta)


class NoExpressionError(Exception):
    """A default value for which no expression can be generated."""


def inexpressible(plan: Plan, values: Values) -> tuple[Problem, ...]:
    """List the default values for which there is no expression."""
    problems: list[str] = []
    for field in fields_of(plan.contract):
        if field.default is not None:
            try:
                values.expression(field.default.value, field.type)
            except NoExpressionError as error:
                problems.append(f"{error} isn't supported by this version")
    return tuple(map(Problem, dict.fromkeys(problems)))


class Values:
    """The default values of one module."""

    def __init__(self, annotations: Annotations) -> None:
        self._declarations = annotations.declarations
        self._annotations = annotations

    def expression(self, value: Any, type_: Type) -> str:
        """Write a JSON value as an expression of a type.

        Raises:
            NoExpressionError: there is none.
        """
        match type_:
            case ScalarType():
                return self._scalar(value, type_)
            case LiteralType():
                return literal(value)
            case NullableType(item):
                return "None" if value is None else self.expression(value, item)
            case ListType(item):
                return f"[{', '.join(self.expression(each, item) for each in value)}]"
            case TupleType(items):
                expressions = [
                    self.expression(each, item) for each, item in zip(value, items, strict=True)
                ]
                comma = "," if len(expressions) == 1 else ""
                return f"({', '.join(expressions)}{comma})"
            case MapType(inner, key=key):
                entries = (
                    f"{self.expression(name, key)}: {self.expression(each, inner)}"
                    for name, each in value.items()
                )
                return f"{{{', '.join(entries)}}}"
            case UnionType(members):
                return self.expression(value, self._member(value, members))
            case RefType(name):
                return self._declared(value, self._declarations[name])
            case _:
                assert_never(type_)

    def deferred(self, value: Any, type_: Type) -> str:
        """Write a default as a function without parameters, which is called when all models are
        defined.
        """
        expression = self.expression(value, type_)
        resolved = self._resolve(type_)
        if isinstance(resolved, ListType | MapType):
            # Lists and mappings are invariant, and mypy doesn't infer their type from the use of a
            # factory.
            expression = f"{self._annotations.static(resolved)}({expression})"
        return f"lambda: {expression}"

    def _resolve(self, type_: Type) -> Type:
        while isinstance(type_, RefType) and isinstance(
            declaration := self._declarations[type_.name], Alias
        ):
            type_ = declaration.type
        return type_

    def needs_models(self, value: Any, type_: Type) -> bool:
        """Return whether the expression of a value calls a model, so that it must not be evaluated
        before all models are defined.
        """
        match type_:
            case ListType(item):
                return any(self.needs_models(each, item) for each in value)
            case TupleType(items):
                return any(
                    self.needs_models(each, item) for each, item in zip(value, items, strict=True)
                )
            case MapType(inner):
                return any(self.needs_models(each, inner) for each in value.values())
            case NullableType(item):
                return value is not None and self.needs_models(value, item)
            case UnionType(members):
                return self.needs_models(value, self._member(value, members))
            case RefType(name):
                declaration = self._declarations[name]
                if isinstance(declaration, Alias):
                    return self.needs_models(value, declaration.type)
                return isinstance(declaration, Record | TaggedUnion)
            case _:
                return False

    def is_mutable(self, value: Any, type_: Type) -> bool:
        """Return whether the expression of a value is mutable: a list or a dictionary."""
        match self._resolve(type_):
            case ListType() | MapType():
                return True
            case NullableType(item):
                return value is not None and self.is_mutable(value, item)
            case UnionType(members):
                return self.is_mutable(value, self._member(value, members))
            case ScalarType("json" | "json_object"):
                return isinstance(value, list | dict)
            case _:
                return False

    def _scalar(self, value: Any, type_: ScalarType) -> str:
        match type_.name:
            case "str" | "email" | "bool" | "int":
                return literal(value)
            case "int64":
                return literal(int(value))
            case "float":
                return literal(float(value))
            case "datetime" | "date" | "time" as name:
                class_ = self._annotations.scalar(name, checked=False)
                return f"{class_}.fromisoformat({literal(value)})"
            case "duration":
                return self._duration(value)
            case "uuid" | "decimal" | "url" as name:
                return f"{self._annotations.scalar(name, checked=False)}({literal(str(value))})"
            case "ip":
                parse = self._annotations.imports.use("ipaddress", "ip_address")
                return f"{parse}({literal(str(value))})"
            case "json" | "json_object":
                return _json(value)
            case "bytes":
                raise NoExpressionError("a default value of type bytes")

    def _duration(self, value: Any) -> str:
        parsed = _duration().validate_python(value)
        parts = [(name, getattr(parsed, name)) for name in ("days", "seconds", "microseconds")]
        arguments = ", ".join(f"{name}={part}" for name, part in parts if part)
        return f"{self._annotations.scalar('duration', checked=False)}({arguments})"

    def _declared(self, value: Any, declaration: TypeDeclaration) -> str:
        names = self._annotations.names
        match declaration:
            case NewType(name=name, base=base):
                return f"{self._annotations.declared(name)}({self._scalar(value, base)})"
            case Enum(name=name, members=members):
                position = next(
                    (index for index, member in enumerate(members) if member.value == value), None
                )
                if position is None:
                    return f"{self._annotations.own(names.unknown[name])}({literal(value)})"
                return f"{self._annotations.declared(name)}.{names.members[name][position]}"
            case Record(name=name, fields=fields):
                given = [
                    f"{python}={self.expression(value[field.name], field.type)}"
                    for python, field in zip(names.fields[name], fields, strict=True)
                    if field.name in value and not self._is_absent(field, value[field.name])
                ]
                return f"{self._annotations.declared(name)}({', '.join(given)})"
            case TaggedUnion(tag=tag, members=members):
                records = [
                    record
                    for record in map(self._declarations.__getitem__, members)
                    if isinstance(record, Record)
                ]
                return self._declared(
                    value, next(record for record in records if record.tag_value == value[tag])
                )
            case Alias(type=type_):
                return self.expression(value, type_)
            case PythonType(name=name):
                raise NoExpressionError(f"a default value of the Python type {name}")

    def _is_absent(self, field: Field, value: Any) -> bool:
        return value is None and field.is_maybe and not self._annotations.has_null(field.type)

    def _member(self, value: Any, members: tuple[Type, ...]) -> Type:
        """Find the member of an untagged union that a value belongs to, by its JSON kind."""
        kind = kind_of_value(value)
        return next(member for member in members if kind in json_kinds(member, self._declarations))


def _json(value: Any) -> str:
    if isinstance(value, list):
        elements = cast("list[Any]", value)  # type: ignore[redundant-cast]  # pyright sees list[Unknown]
        return f"[{', '.join(map(_json, elements))}]"
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return f"{{{', '.join(f'{literal(key)}: {_json(each)}' for key, each in items)}}}"
    return literal(value)
