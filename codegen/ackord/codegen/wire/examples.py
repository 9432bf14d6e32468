"""Makes an example of each type, as JSON: the same one on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, assert_never

from ackord.codegen.plan import Plan
from ackord.codegen.wire.schema_examples import schema_example
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
    UnionType,
)

BYTES: Final = "<bytes>"
"""What stands in an example for an attachment."""
_SCALARS: Final[Mapping[ScalarName, Any]] = MappingProxyType(
    {
        "str": "text",
        "int": 1,
        "int64": "1",
        "float": 0.5,
        "bool": True,
        "bytes": BYTES,
        "datetime": "2026-01-31T12:00:00Z",
        "date": "2026-01-31",
        "time": "12:00:00",
        "duration": "PT1H30M",
        "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
        "decimal": "1.50",
        "url": "https://example.org/",
        "email": "ada@example.org",
        "ip": "192.0.2.1",
        "json": {"any": "value"},
        "json_object": {"any": "value"},
    }
)
_MOST: Final = 10
"""Items of a list, though its `min_items` may ask for more."""


class Examples:
    """Makes the examples of a contract.

    An example keeps the limits of numbers and lengths; a `pattern` it may break.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._open: list[str] = []
        """The types that are being made; a record inside of itself is left out where it may be."""

    def of(self, type_: Type, name: str = "text") -> Any:
        """Make an example of a type; a text says the name of what it belongs to."""
        match type_:
            case ScalarType():
                return _scalar(type_, name)
            case RefType(name=declared):
                return self._declared(declared, name)
            case LiteralType(values=values):
                return values[0]
            case ListType(item=item, constraints=constraints):
                return [] if self._repeats(item) else [self.of(item, name)] * _count(constraints)
            case MapType(value=value, key=key):
                return {} if self._repeats(value) else {str(self.of(key, "key")): self.of(value)}
            case TupleType(items=items):
                return [self.of(each, name) for each in items]
            case UnionType(members=members):
                return self.of(next((m for m in members if not self._repeats(m)), members[0]), name)
            case NullableType(item=item):
                return None if self._repeats(item) else self.of(item, name)
            case _:
                assert_never(type_)

    def arguments(self, arguments: Sequence[Field]) -> list[Any]:
        """Make an example of the arguments of an event, optional ones included."""
        return [self.of(each.type, each.name) for each in arguments]

    def record(self, fields: Sequence[Field]) -> dict[str, Any]:
        """Make an example of a record."""
        return {
            each.name: self.of(each.type, each.name)
            for each in fields
            if each.required or not self._repeats(each.type)
        }

    def _repeats(self, type_: Type) -> bool:
        return isinstance(type_, RefType) and type_.name in self._open

    def _declared(self, name: str, use: str) -> Any:
        if self._open.count(name) > 1:
            return None
        self._open.append(name)
        try:
            return self._of_declaration(name, use)
        finally:
            self._open.pop()

    def _of_declaration(self, name: str, use: str) -> Any:
        declared = self._plan.declarations[name]
        match declared:
            case NewType(base=base):
                return _scalar(base, use)
            case Enum(members=members):
                return members[0].value
            case Alias(type=type_):
                return self.of(type_, use)
            case Record(fields=fields, tag_value=tag_value):
                tag = {} if tag_value is None else {self._plan.tags[name].name: tag_value}
                return {**tag, **self.record(fields)}
            case TaggedUnion(members=members):
                return self._declared(
                    next((each for each in members if each not in self._open), members[0]), use
                )
            case PythonType(json_schema=schema):
                return schema_example(schema)
            case _:
                assert_never(declared)


def _scalar(type_: ScalarType, name: str) -> Any:
    limits = type_.constraints
    if type_.name == "str":
        return _text(name, limits)
    if type_.name in {"int", "float"}:
        return _number(type_.name, limits)
    return _SCALARS[type_.name]


def _text(name: str, limits: Constraints) -> str:
    text = name.replace("_", " ")
    text += "." * ((limits.min_length or 0) - len(text))
    return text if limits.max_length is None else text[: limits.max_length]


def _number(name: str, limits: Constraints) -> float:
    """Return the usual example, moved into the limits."""
    step = float(limits.multiple_of or (1 if name == "int" else 0.5))
    value = float(_SCALARS["int" if name == "int" else "float"])
    if limits.multiple_of is not None:
        value = step
    for low in (limits.ge, None if limits.gt is None else float(limits.gt) + step):
        if low is not None and value < float(low):
            value = -(-float(low) // step) * step
    for high in (limits.le, None if limits.lt is None else float(limits.lt) - step):
        if high is not None and value > float(high):
            value = float(high) // step * step
    return int(value) if name == "int" else value


def _count(constraints: Constraints) -> int:
    if constraints.max_items == 0:
        return 0
    return min(max(1, constraints.min_items or 0), _MOST)
