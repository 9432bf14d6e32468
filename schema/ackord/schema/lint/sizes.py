"""Warns of values that clients may send in any size (S063): text, bytes, lists, maps and JSON
without a limit.

Such types are in nearly every contract, so there is one warning for each namespace, which lists the
places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ackord.schema.analysis.parts import types_within, written_types
from ackord.schema.analysis.patterns import limits_length
from ackord.schema.diagnostics.reporter import Reporter
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
from ackord.schema.resolve.resolved import Resolved

Limit: TypeAlias = Literal["max_length", "max_items", "json"]
"""The missing limit of a type: a constraint, or a form for JSON."""

_WAYS: Final[Mapping[Limit, str]] = {
    "max_length": "`max_length` on text and bytes",
    "max_items": "`max_items` on lists and maps",
    "json": "a type of its own in place of `json`",
}
_SHOWN: Final = 5
"""Places that are listed in a warning."""


@dataclass(frozen=True, slots=True)
class _Unbounded:
    """A type without a limit, and where it is used, such as ``send_message.tags`` or
    ``Message.text``.
    """

    where: str
    lacks: Limit


def check_sizes(resolved: Resolved, report: Reporter) -> None:
    """Warn once of each namespace whose clients may send values of any size."""
    places = {node.path.text: node.path.place for node in resolved.document.namespaces}
    for namespace in resolved.contract.namespaces:
        found = _from_clients(namespace, resolved)
        if found:
            where = list(dict.fromkeys(one.where for one in found))
            more = f" and {len(where) - _SHOWN} more" if len(where) > _SHOWN else ""
            report.add(
                "S063",
                places[namespace.path],
                f"clients of {namespace.path} may send values of any size: "
                f"{', '.join(where[:_SHOWN])}{more}",
                hint=_hint({one.lacks for one in found}),
            )


def _hint(lacking: set[Limit]) -> str:
    wanted = ", ".join(way for limit, way in _WAYS.items() if limit in lacking)
    return (
        f"write {wanted}; a server takes no message over 1 MB anyway (its `max_payload`), and "
        "where that is limit enough, `ignore: {S063: reason}` in the namespace ends this warning"
    )


def _from_clients(namespace: Namespace, resolved: Resolved) -> list[_Unbounded]:
    """Return the types without a limit in the payload of CONNECT, in arguments and in the
    acknowledgements of clients.

    Each declared type is visited once.
    """
    walk = _Walk(resolved.declarations, resolved.inline)
    if namespace.auth is not None:
        walk.take("auth", namespace.auth)
    for event in namespace.client_to_server:
        for arg in event.args:
            walk.take(f"{event.name}.{arg.name}", arg.type)
    for event in namespace.server_to_client:
        if event.ack is not None:
            walk.take(f"{event.name}.ack", event.ack)
        for arg in event.ack_args or ():
            walk.take(f"{event.name}.ack.{arg.name}", arg.type)
    return list(walk.found())


class _Walk:
    """Follows types through the declarations that they name; inline records are named after the
    place where they are written.
    """

    def __init__(self, declarations: Mapping[str, TypeDeclaration], inline: frozenset[str]) -> None:
        self._declarations = declarations
        self._inline = inline
        self._pending: list[tuple[str, Type]] = []
        self._seen: set[str] = set()

    def take(self, where: str, of: Type) -> None:
        self._pending.append((where, of))

    def found(self) -> Iterator[_Unbounded]:
        """Follow all types, in the order in which they were taken; the list grows on the way."""
        for where, of in self._pending:
            for part in written_types(of):
                lacks = _lacks(part)
                if lacks is not None:
                    yield _Unbounded(where, lacks)
                if isinstance(part, RefType) and part.name not in self._seen:
                    self._seen.add(part.name)
                    self._enter(part.name, where)

    def _enter(self, name: str, where: str) -> None:
        owner = where if name in self._inline else name
        match self._declarations.get(name):
            case Record(fields=fields):
                self._pending += [(f"{owner}.{field.name}", field.type) for field in fields]
            case NewType() | Alias() | TaggedUnion() as declaration:
                self._pending += [(name, part) for part in types_within(declaration)]
            case _:  # a Python type has its own limits
                pass


def _lacks(of: Type) -> Limit | None:
    match of:
        case ScalarType("json" | "json_object"):
            return "json"
        case ScalarType("str" | "bytes", limits) if limits.max_length is None:
            return None if limits.pattern and limits_length(limits.pattern) else "max_length"
        case ListType(_, limits) | MapType(_, limits) if limits.max_items is None:
            return "max_items"
        case _:
            return None
