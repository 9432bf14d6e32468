"""Writes the schemas of a contract: validators with the interface of Standard Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final, assert_never

from ackord.codegen.casing import camel
from ackord.codegen.plan import EventPlan, Plan
from ackord.codegen.scopes import Scope
from ackord.codegen.typescript.annotations import Annotations
from ackord.codegen.typescript.naming import Names, lower_camel
from ackord.codegen.typescript.patterns import regular_expression
from ackord.codegen.typescript.python_schemas import computed_key, record, schema_of
from ackord.codegen.typescript.reserved import GLOBALS, KEYWORDS
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import bracketed, literal
from ackord.codegen.typescript.type_views import RAW
from ackord.schema.analysis.json_kinds import JsonKind, json_kinds
from ackord.schema.model import (
    Alias,
    Constraints,
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
    ScalarName,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

_FUNCTIONS: Final[Mapping[ScalarName, str]] = MappingProxyType(
    {"str": "text", "json_object": "jsonObject"}
)
"""The functions of `validation.ts` for scalars whose function has another name than the scalar."""

_LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "min_length": "min",
        "max_length": "max",
        "min_items": "min",
        "max_items": "max",
        "pattern": "pattern",
        "ge": "ge",
        "gt": "gt",
        "le": "le",
        "lt": "lt",
        "multiple_of": "multipleOf",
        "max_digits": "maxDigits",
        "decimal_places": "decimalPlaces",
    }
)
_KINDS: Final[Mapping[JsonKind, str]] = MappingProxyType({"bool": "boolean"})
"""The kinds of JSON that `validation.ts` calls otherwise."""
_OWN: Final = frozenset({"is", "types"})
"""Names that `schemas.ts` imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaView:
    """One schema."""

    doc: str
    """What the schema validates."""
    name: str
    type: str | None
    """The type of the constant, for a type that holds itself."""
    expression: str

    @property
    def is_call(self) -> bool:
        """Whether the expression is a call, and not the name of another schema."""
        return self.expression.startswith("is.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSchemas:
    """The names of the schemas of one event."""

    arguments: str | None
    answer: str | None


class Schemas:
    """The schemas of a package."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self._settings = settings
        self.annotations = Annotations(plan, names, settings, prefix="types.")
        self._written: set[str] = set()
        scope = Scope(names.taken | GLOBALS | _OWN, keywords=KEYWORDS)
        self._events = {
            event: EventSchemas(
                arguments=scope.claim(f"{prefix}Arguments") if event.declared.args else None,
                answer=scope.claim(f"{prefix}Answer") if _has_answer(event) else None,
            )
            for event, prefix in self._planned()
        }

    def of(self, event: EventPlan) -> EventSchemas:
        """Return the names of the schemas of an event."""
        return self._events[event]

    def views(self) -> Iterator[SchemaView]:
        """Return all schemas, each after those that its expression names."""
        yield from self._types()
        for error in self._plan.contract.errors:
            if error.fields:
                name = self._names.errors[error.name]
                yield SchemaView(
                    doc=f"The data of the error `{error.code}`.",
                    name=name,
                    type=None,
                    expression=self._record(error.fields),
                )
        for event, _ in self._planned():
            yield from self._event(event)

    def _planned(self) -> Iterator[tuple[EventPlan, str]]:
        for plan in self._plan.namespaces:
            for event in (*plan.client_to_server, *plan.server_to_client):
                prefix = camel(plan.declared.identifier) + camel(event.declared.identifier)
                yield event, prefix

    # Declared types.

    def _types(self) -> Iterator[SchemaView]:
        """Write the declared types, each after those that it refers to; a type that holds itself
        refers to what isn't written yet by a function.
        """
        recursive = _recursive(self._plan)
        for declared in _ordered(self._plan):
            name = self._names.types[declared.name]
            holds_itself = declared.name in recursive
            expression = self._declaration(declared)
            yield SchemaView(
                doc=f"The type `{name}`.",
                name=name,
                type=f"is.Schema<types.{name}>" if holds_itself else None,
                expression=expression,
            )
            self._written.add(declared.name)

    def _declaration(self, declared: TypeDeclaration) -> str:
        own = f"types.{self._names.types[declared.name]}"
        match declared:
            case NewType(base=base):
                base_ = self._scalar(base)
                return (
                    base_
                    if self._settings.newtypes == "plain"
                    else _branded(base_, own, self._raw(base.name))
                )
            case Enum(open=True):
                return _branded("is.text()", own, "string")
            case Enum():
                return f"is.choice(Object.values({own}))"
            case Record(fields=fields):
                return self._record(fields, declared)
            case TaggedUnion():
                return self._tagged(declared)
            case Alias(type=type_):
                return self.expression(type_)
            case PythonType(json_schema=schema):
                return schema_of(schema)

    def _record(self, fields: Iterable[Field], declared: Record | None = None) -> str:
        tag = None if declared is None else self._plan.tags.get(declared.name)
        required: dict[str, str] = {}
        optional: dict[str, str] = {}
        if tag is not None and declared is not None:
            required[tag.name] = f"is.choice([{literal(declared.tag_value)}])"
        for field in fields:
            (required if field.required else optional)[field.name] = self.expression(field.type)
        return record(required, optional)

    def _tagged(self, declared: TaggedUnion) -> str:
        members = [self._plan.declarations[name] for name in declared.members]
        entries = [
            f"{computed_key(each.tag_value or '')}: {self._names.types[each.name]}"
            for each in members
            if isinstance(each, Record)
        ]
        parts = [literal(declared.tag), bracketed("() => ({ ", entries, " })")]
        if declared.open:
            parts.append(f"is.unchecked<types.{self._names.unknown[declared.name]}>()")
        return f"is.tagged({', '.join(parts)})"

    # Events.

    def _event(self, event: EventPlan) -> Iterator[SchemaView]:
        declared = event.declared
        names = self._events[event]
        if names.arguments is not None:
            yield SchemaView(
                doc=f"The arguments of `{declared.name}`.",
                name=names.arguments,
                type=None,
                expression=self._arguments(declared.args),
            )
        if names.answer is not None:
            answer = (
                self._arguments(event.ack_args)
                if event.ack_args
                else self.expression(declared.ack)
                if declared.ack is not None
                else ""
            )
            yield SchemaView(
                doc=f"The answer to `{declared.name}`.",
                name=names.answer,
                type=None,
                expression=answer,
            )

    def _arguments(self, fields: Sequence[Field]) -> str:
        names = ", ".join(literal(field.identifier) for field in fields)
        items = [
            self.expression(field.type)
            if field.required
            else f"is.optional({self.expression(field.type)})"
            for field in fields
        ]
        labels = Scope(keywords=KEYWORDS).claim_all(
            [lower_camel(each.identifier) for each in fields]
        )
        types = [
            f"{label}{'' if field.required else '?'}: {self.annotations.text(field.type)}"
            for label, field in zip(labels, fields, strict=True)
        ]
        return (
            f"{bracketed('is.args<[', types, ']>(')}\n  [{names}],\n"
            f"{bracketed('[', items, '],', indent=2)}\n)"
        )

    # Types.

    def expression(self, type_: Type) -> str:
        """Write the schema of a type."""
        match type_:
            case ScalarType():
                return self._scalar(type_)
            case ListType(item, constraints):
                return f"is.list({_listed(self.expression(item), _limits(constraints))})"
            case MapType(value, constraints, key):
                parts = (self._key(key), self.expression(value), _limits(constraints))
                return f"is.{'table' if self._is_known(key) else 'map'}({_listed(*parts)})"
            case TupleType(items):
                return f"is.tuple({', '.join(map(self.expression, items))})"
            case LiteralType(values):
                return f"is.choice([{', '.join(map(literal, values))}])"
            case UnionType(members):
                return self._union(members)
            case NullableType(item):
                return f"is.nullable({self.expression(item)})"
            case RefType(name):
                own = self._names.types[name]
                return own if name in self._written else f"is.lazy(() => {own})"
            case _:
                assert_never(type_)

    def _union(self, members: Sequence[Type]) -> str:
        entries: dict[str, str] = {}
        for member in members:
            for kind in sorted(json_kinds(member, self._plan.declarations)):
                entries.setdefault(_KINDS.get(kind, kind), self.expression(member))
        listed = (f"{kind}: {expression}" for kind, expression in entries.items())
        return f"is.union({{ {', '.join(listed)} }})"

    def _is_known(self, key: Type) -> bool:
        """Return whether a map has a few keys only, as in the types."""
        if not isinstance(key, RefType):
            return isinstance(key, LiteralType)
        declared = self._plan.declarations[key.name]
        return isinstance(declared, Enum) and not declared.open

    def _key(self, type_: Type) -> str:
        """Write the schema of a map's keys, which are text whatever the options say."""
        if isinstance(type_, ScalarType):
            return self._scalar(type_, is_key=True)
        declared = self._plan.declarations[type_.name] if isinstance(type_, RefType) else None
        if isinstance(declared, NewType):
            return self._scalar(declared.base, is_key=True)
        return self._key(declared.type) if isinstance(declared, Alias) else self.expression(type_)

    def _scalar(self, type_: ScalarType, *, is_key: bool = False) -> str:
        name = type_.name
        if name == "int64":
            function = "bigint" if self._settings.int64 == "bigint" and not is_key else "int64"
            return f"is.{function}({_limits(type_.constraints, 'n')})"
        if name == "datetime" and self._settings.datetime == "Date" and not is_key:
            return "is.moment()"
        return f"is.{_FUNCTIONS.get(name, name)}({_limits(type_.constraints)})"

    def _raw(self, name: ScalarName) -> str:
        """Return the type of a scalar without brands."""
        text = Annotations(self._plan, self._names, self._settings).scalar(name)
        return text if text in RAW else "string"


def _branded(schema: str, output: str, input_: str) -> str:
    return f"{schema} as is.Schema<{output}, {input_}>"


def _has_answer(event: EventPlan) -> bool:
    return event.declared.ack is not None or bool(event.ack_args)


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _limits(constraints: Constraints, suffix: str = "") -> str:
    """Write constraints as an object, or nothing if there are none.

    Args:
        constraints: The constraints.
        suffix: What stands after numbers: ``n`` after those of a ``bigint``.
    """
    entries: list[str] = []
    for each in fields(constraints):
        value = getattr(constraints, each.name)
        if each.name == "pattern" and value is not None:
            entries.append(f"pattern: {regular_expression(value)}")
        elif value is not None:
            entries.append(f"{_LIMITS[each.name]}: {literal(value)}{suffix}")
    return f"{{ {', '.join(entries)} }}" if entries else ""


def _ordered(plan: Plan) -> Iterator[TypeDeclaration]:
    """Return the declared types, each after those that it refers to unless they refer to it."""
    seen: set[str] = set()
    for first in plan.contract.types:
        open_ = [] if first.name in seen else [(first, _references(first))]
        seen.add(first.name)
        while open_:
            declared, others = open_[-1]
            name = next((each for each in others if each not in seen), None)
            if name is None:
                open_.pop()
                yield declared
            else:
                seen.add(name)
                following = plan.declarations[name]
                open_.append((following, _references(following)))


def _recursive(plan: Plan) -> frozenset[str]:
    """Return the types whose values may hold values of the same type."""
    direct = {each.name: tuple(_references(each)) for each in plan.contract.types}

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [*direct[name]]
        while waiting:
            other = waiting.pop()
            if other not in found:
                found.add(other)
                waiting += direct[other]
        return found

    return frozenset(name for name in direct if name in reached(name))


def _references(declared: TypeDeclaration) -> Iterator[str]:
    match declared:
        case Record(fields=fields):
            for field in fields:
                yield from _mentioned(field.type)
        case TaggedUnion(members=members):
            yield from members
        case Alias(type=type_):
            yield from _mentioned(type_)
        case _:
            return


def _mentioned(type_: Type) -> Iterator[str]:
    match type_:
        case RefType(name):
            yield name
        case ListType(item) | NullableType(item):
            yield from _mentioned(item)
        case MapType(value, key=key):
            yield from _mentioned(key)
            yield from _mentioned(value)
        case TupleType(items) | UnionType(items):
            for item in items:
                yield from _mentioned(item)
        case _:
            return
