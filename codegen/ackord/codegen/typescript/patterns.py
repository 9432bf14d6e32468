r"""Writes the regular expressions of constraints in JavaScript.

Patterns that JavaScript doesn't take, or reads otherwise than Rust's regex crate, are refused
before. What is left differs in two things, which are written so that they mean the same: ``.``
matches all but a line feed in Rust, and ``\s`` is Unicode's white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from ackord.codegen.errors import Problem
from ackord.schema.analysis.javascript_patterns import foreign_part
from ackord.schema.model import (
    Alias,
    Contract,
    Event,
    Field,
    ListType,
    MapType,
    NewType,
    NullableType,
    Path,
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


def foreign_patterns(contract: Contract) -> tuple[Problem, ...]:
    """Return a problem for each pattern that JavaScript doesn't take or reads otherwise."""
    return tuple(
        Problem(
            f"{where}: JavaScript doesn't take `{part[:60]}` in a pattern, or reads it otherwise "
            "than Python's side",
            "`ackord explain S074` says what to write",
            (path,),
        )
        for where, path, type_ in _types(contract)
        for pattern in _patterns(type_)
        if (part := foreign_part(pattern)) is not None
    )


_Found: TypeAlias = tuple[str, Path, Type]
"""A type that may have constraints: where it is, in words and as a part of the contract."""


def _types(contract: Contract) -> Iterator[_Found]:
    for declared in contract.types:
        yield from _parts(declared)
    path: Path
    for error in contract.errors:
        path = ("errors", error.name, "fields")
        yield from _of_fields(f"error {error.name}, field ", path, error.fields)
    for room in contract.rooms:
        path = ("rooms", room.name, "params")
        yield from _of_fields(f"room {room.name}, parameter ", path, room.params)
    for namespace in contract.namespaces:
        path = ("namespaces", namespace.path)
        where = f"namespace {namespace.path}, parameter "
        yield from _of_fields(where, (*path, "params"), namespace.params)
        for section, events in (
            ("client_to_server", namespace.client_to_server),
            ("server_to_client", namespace.server_to_client),
            ("server_to_server", namespace.server_to_server),
        ):
            for event in events:
                where = f"event {event.name!r} of {namespace.path}"
                yield from _of_event(where, (*path, section, event.name), event)


def _of_event(where: str, path: Path, event: Event) -> Iterator[_Found]:
    yield from _of_fields(f"{where}, argument ", (*path, "args"), event.args)
    if event.ack is not None:
        yield f"{where}, ack", (*path, "ack"), event.ack
    yield from _of_fields(f"{where}, argument ", (*path, "ack", "args"), event.ack_args or ())


def _parts(declared: TypeDeclaration) -> Iterator[_Found]:
    path = ("types", declared.name)
    match declared:
        case NewType(base=type_) | Alias(type=type_):
            yield f"type {declared.name}", path, type_
        case Record(fields=fields):
            yield from _of_fields(f"field {declared.name}.", (*path, "fields"), fields)
        case _:
            return


def _of_fields(where: str, path: Path, fields: Iterable[Field]) -> Iterator[_Found]:
    return ((f"{where}{field.name}", (*path, field.name), field.type) for field in fields)


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
