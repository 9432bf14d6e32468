"""Types whose values may be as large as a message: text, bytes, lists, maps and JSON without a
limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ackord.schema.analysis.attachments import types_within, written_types
from ackord.schema.model import (
    Alias,
    ListType,
    MapType,
    Namespace,
    NewType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    Type,
    TypeDeclaration,
)

Limit: TypeAlias = Literal["max_length", "max_items", "json"]
"""What a type lacks: one of the constraints, or a form at all."""

_OPEN: Final = re.compile(r"[*+|]|\{[0-9]+,\}|\(\?(?!:)")
"""What may make a pattern match a text of any length."""
_ESCAPES_AND_CLASSES: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A type without a limit, and where it is written, as ``send_message.tags`` or
    ``Message.text``.
    """

    where: str
    lacks: Limit


def unbounded_from_clients(
    namespace: Namespace, declarations: Mapping[str, TypeDeclaration], lifted: Iterable[str]
) -> list[Unbounded]:
    """Give the types without a limit in what clients of a namespace send: the payload of CONNECT,
    arguments and acknowledgements.

    Each declared type is looked at once. The inline records, whose names are in `lifted`, are
    named after the place where they are written.
    """
    walk = _Walk(declarations, frozenset(lifted))
    if namespace.auth is not None:
        walk.take("auth", namespace.auth)
    for event in namespace.client_to_server:
        for arg in event.args:
            walk.take(f"{event.name}.{arg.name}", arg.type)
    for event in namespace.server_to_client:
        if event.ack is not None:
            walk.take(f"{event.name}.ack", event.ack)
    return list(dict.fromkeys(walk.found()))


class _Walk:
    def __init__(self, declarations: Mapping[str, TypeDeclaration], lifted: frozenset[str]) -> None:
        self._declarations = declarations
        self._lifted = lifted
        self._pending: list[tuple[str, Type]] = []
        self._seen: set[str] = set()

    def take(self, where: str, of: Type) -> None:
        self._pending.append((where, of))

    def found(self) -> Iterator[Unbounded]:
        """Follow all types, in the order in which they were taken; the list grows on the way."""
        for where, of in self._pending:
            for part in written_types(of):
                lacks = _lacks(part)
                if lacks is not None:
                    yield Unbounded(where, lacks)
                if isinstance(part, RefType) and part.name not in self._seen:
                    self._seen.add(part.name)
                    self._enter(part.name, where)

    def _enter(self, name: str, where: str) -> None:
        owner = where if name in self._lifted else name
        match self._declarations.get(name):
            case Record(fields=fields):
                self._pending += [(f"{owner}.{field.name}", field.type) for field in fields]
            case NewType() | Alias() | TaggedUnion() as declaration:
                self._pending += [(name, part) for part in types_within(declaration)]
            case _:  # the limits of a Python type are its own
                pass


def _lacks(of: Type) -> Limit | None:
    match of:
        case ScalarType("json"):
            return "json"
        case ScalarType("str" | "bytes", limits) if limits.max_length is None:
            return None if limits.pattern and _is_bounded(limits.pattern) else "max_length"
        case ListType(_, limits) | MapType(_, limits) if limits.max_items is None:
            return "max_items"
        case _:
            return None


def _is_bounded(pattern: str) -> bool:
    """Tell whether a pattern surely limits the length of the text, as ``^[a-z]{1,32}$`` does."""
    bare = _ESCAPES_AND_CLASSES.sub(".", pattern)
    return bare.startswith("^") and bare.endswith("$") and _OPEN.search(bare) is None
