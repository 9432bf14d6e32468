r"""Writes the regular expressions of constraints in JavaScript.

Patterns that JavaScript doesn't take, or reads otherwise than Rust's regex crate, are refused
before. What is left differs in two things, which are written so that they mean the same: ``.``
matches all but a line feed in Rust, and ``\s`` is Unicode's white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ackord.schema.analysis.javascript_patterns import foreign_part
from ackord.schema.model import (
    Alias,
    Contract,
    Field,
    ListType,
    MapType,
    NewType,
    NullableType,
    Record,
    ScalarType,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

_PART: Final = re.compile(r"\\.|\[\^?|\]|[./\n\r\u2028\u2029]", re.DOTALL)
_SAME: Final = {
    r"\s": r"\p{White_Space}",
    r"\S": r"\P{White_Space}",
    "/": r"\/",
    "\n": r"\n",
    "\r": r"\r",
    "\u2028": r"\u2028",
    "\u2029": r"\u2029",
}


def regular_expression(pattern: str) -> str:
    """Write a pattern as a literal of JavaScript."""
    is_in_class = False

    def written(found: re.Match[str]) -> str:
        nonlocal is_in_class
        part = found[0]
        if part[0] in "[]":
            is_in_class = part != "]"
        if part == "." and not is_in_class:
            return r"[^\n]"
        return _SAME.get(part, part)

    return f"/{_PART.sub(written, pattern) or '(?:)'}/u"


def foreign_patterns(contract: Contract) -> tuple[str, ...]:
    """Return a problem for each pattern that JavaScript doesn't take or reads otherwise."""
    problems: list[str] = []
    for place, type_ in _types(contract):
        for pattern in _patterns(type_):
            part = foreign_part(pattern)
            if part is not None:
                problems.append(
                    f"{place}: JavaScript doesn't take `{part[:60]}` in a pattern, or reads it "
                    "otherwise than Python's side; `ackord explain S074` says what to write"
                )
    return tuple(problems)


def _types(contract: Contract) -> Iterator[tuple[str, Type]]:
    """List the types of a contract that may have constraints, each with its place in words."""
    for declared in contract.types:
        yield from _parts(declared)
    for error in contract.errors:
        yield from _of_fields(f"error {error.name}, field ", error.fields)
    for room in contract.rooms:
        yield from _of_fields(f"room {room.name}, parameter ", room.params)
    for namespace in contract.namespaces:
        yield from _of_fields(f"namespace {namespace.path}, parameter ", namespace.params)
        for event in (
            *namespace.client_to_server,
            *namespace.server_to_client,
            *namespace.server_to_server,
        ):
            place = f"event {event.name!r} of {namespace.path}"
            yield from _of_fields(f"{place}, argument ", (*event.args, *(event.ack_args or ())))
            if event.ack is not None:
                yield f"{place}, ack", event.ack


def _parts(declared: TypeDeclaration) -> Iterator[tuple[str, Type]]:
    match declared:
        case NewType(base=type_) | Alias(type=type_):
            yield f"type {declared.name}", type_
        case Record(fields=fields):
            yield from _of_fields(f"field {declared.name}.", fields)
        case _:
            return


def _of_fields(place: str, fields: Iterable[Field]) -> Iterator[tuple[str, Type]]:
    return ((f"{place}{field.name}", field.type) for field in fields)


def _patterns(type_: Type) -> Iterator[str]:
    match type_:
        case ScalarType(constraints=constraints):
            if constraints.pattern is not None:
                yield constraints.pattern
        case ListType(item) | NullableType(item):
            yield from _patterns(item)
        case MapType(value, key=key):
            yield from _patterns(key)
            yield from _patterns(value)
        case TupleType(items) | UnionType(items):
            for item in items:
                yield from _patterns(item)
        case _:
            pass
