"""Warns of values that clients may send in any size (S063): text, bytes, lists, maps and JSON
without a limit.

Such types are in nearly every contract, so there is one warning for each namespace, which lists the
places. An entry of ``ignore:`` takes places out of the list: those in its part of the file, and
those that are only reached by way of its part, as the fields of an argument's type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias

from ackord.schema.analysis.parts import PLAIN_KEY, spread, types_within, written_types
from ackord.schema.analysis.patterns import limits_length
from ackord.schema.diagnostics.ignores import Ignore
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.model import (
    Alias,
    ListType,
    MapType,
    Namespace,
    NewType,
    NullableType,
    Path,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)
from ackord.schema.resolve.places import Places
from ackord.schema.resolve.resolved import Resolved

Limit: TypeAlias = Literal["max_length", "max_items", "json"]
"""The missing limit of a type: a constraint, or a form for JSON."""

_CODE: Final = "S063"
_WAYS: Final[Mapping[Limit, str]] = {
    "max_length": "`max_length` on text and bytes",
    "max_items": "`max_items` on lists and maps",
    "json": "a type of its own in place of `json`",
}
_SHOWN: Final = 5
"""Places that are listed in a warning."""


class _Unbounded(NamedTuple):
    """A type without a limit, and where it is used, such as ``send_message.tags`` or
    ``Message.text``.
    """

    where: str
    lacks: Limit


class _Used(NamedTuple):
    """A type where it is used."""

    where: str
    path: Path
    type: Type


def check_sizes(resolved: Resolved, report: Reporter) -> None:
    """Warn once of each namespace whose clients may send values of any size."""
    places = {node.path.text: node.path.place for node in resolved.document.namespaces}
    walk = _Walk(resolved, report)
    for namespace in resolved.contract.namespaces:
        found = list(walk.found(_from_clients(namespace)))
        if found:
            where = list(dict.fromkeys(one.where for one in found))
            more = f" and {len(where) - _SHOWN} more" if len(where) > _SHOWN else ""
            report.add(
                _CODE,
                places[namespace.path],
                f"clients of {namespace.path} may send values of any size: "
                f"{', '.join(where[:_SHOWN])}{more}",
                hint=_hint({one.lacks for one in found}),
            )


def _hint(lacking: set[Limit]) -> str:
    wanted = ", ".join(way for limit, way in _WAYS.items() if limit in lacking)
    return (
        f"write {wanted}; a server takes no message over 1 MB anyway (its `max_payload`), and "
        f"where that is limit enough, `ignore: {{{_CODE}: reason}}` in the field, type, event or "
        "namespace ends this warning"
    )


def _from_clients(namespace: Namespace) -> Iterator[_Used]:
    """Return the types of the payload of CONNECT, of arguments and of the acknowledgements of
    clients.
    """
    path = "namespaces", namespace.path
    if namespace.auth is not None:
        yield _Used("auth", (*path, "auth"), namespace.auth)
    for event in namespace.client_to_server:
        for arg in event.args:
            below = (*path, "client_to_server", event.name, "args", arg.name)
            yield _Used(f"{event.name}.{arg.name}", below, arg.type)
    for event in namespace.server_to_client:
        ack = (*path, "server_to_client", event.name, "ack")
        if event.ack is not None:
            yield _Used(f"{event.name}.ack", ack, event.ack)
        for arg in event.ack_args or ():
            yield _Used(f"{event.name}.ack.{arg.name}", (*ack, "args", arg.name), arg.type)


class _Walk:
    """Follows types through the declarations that they name; inline records are named after the
    place where they are written.
    """

    def __init__(self, resolved: Resolved, report: Reporter) -> None:
        self._resolved = resolved
        self._ignores = report.ignores
        self._has_ignores = any(each.code == _CODE for each in report.ignores)

    def found(self, used: Iterator[_Used]) -> Iterator[_Unbounded]:
        """Return the types without a limit, each declaration once; then look what the entries of
        ``ignore:`` have kept out of them.
        """
        pending, left_out, seen = list(used), list[_Used](), set[str]()
        for each in pending:  # the list grows on the way
            for part in _parts(each):
                if self._has_ignores and self._ignore(part) is not None:
                    left_out.append(part)
                elif isinstance(part.type, RefType):
                    pending += self._enter(part, seen)
                elif (lacks := _lacks(part.type)) is not None:
                    yield _Unbounded(part.where, lacks)
        for part in left_out:
            ignore = self._ignore(part)
            if ignore is not None and self._is_unbounded(part.type):
                ignore.is_used = True
            for each in self._enter(part, seen):
                left_out += _parts(each)

    def _ignore(self, part: _Used) -> Ignore | None:
        """Return the entry of ``ignore:`` that a type stands in."""
        return self._ignores.find(_CODE, self._places.find(part.path))

    @cached_property
    def _places(self) -> Places:
        return Places(self._resolved.scopes.files.values(), self._resolved.contract)

    def _is_unbounded(self, of: Type) -> bool:
        """Return whether a type, or what it leads to, has no limit."""
        return of.name in self._unbounded if isinstance(of, RefType) else _lacks(of) is not None

    @cached_property
    def _unbounded(self) -> frozenset[str]:
        declarations = self._resolved.declarations
        direct = [
            name
            for name, declared in declarations.items()
            for of in types_within(declared)
            if any(_lacks(part) is not None for part in written_types(of))
        ]
        return spread(direct, declarations)

    def _enter(self, part: _Used, seen: set[str]) -> list[_Used]:
        """Return the types in a declaration that wasn't seen before."""
        name = part.type.name if isinstance(part.type, RefType) else None
        if name is None or name in seen:
            return []
        seen.add(name)
        owner = part.where if name in self._resolved.inline else name
        path = "types", name
        match self._resolved.declarations.get(name):
            case Record(fields=fields):
                return [
                    _Used(f"{owner}.{field.name}", (*path, "fields", field.name), field.type)
                    for field in fields
                ]
            case NewType() | Alias() | TaggedUnion() as declaration:
                return [_Used(name, path, inner) for inner in types_within(declaration)]
            case _:  # a Python type has its own limits
                return []


def _parts(used: _Used) -> Iterator[_Used]:
    """Return a type and the types that are written in it."""
    if isinstance(used.type, ScalarType | RefType):  # most types
        yield used
        return
    pending = [used]
    while pending:
        part = pending.pop()
        yield part
        pending += [_Used(part.where, (*part.path, *below), of) for below, of in _inner(part.type)]


def _inner(of: Type) -> list[tuple[Path, Type]]:
    """Return the types in a type, each with the way to it."""
    match of:
        case ListType(item):
            return [(("item",), item)]
        case MapType(value, key=key):
            keys: list[tuple[Path, Type]] = [(("key",), key)] if key != PLAIN_KEY else []
            return [(("value",), value), *keys]
        case TupleType(items):
            return [((str(position),), item) for position, item in enumerate(items)]
        case NullableType(item):
            return [((), item)]
        case UnionType(members):
            return [((), member) for member in members]
        case _:
            return []


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
