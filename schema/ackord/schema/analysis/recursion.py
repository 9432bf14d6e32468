"""Types that refer to themselves: valid for records, impossible for aliases and for required
fields.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from ackord.schema.analysis.json_kinds import json_kinds, kind_of_value
from ackord.schema.model import (
    Alias,
    Json,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

K = TypeVar("K", bound=Hashable)

MAX_ALIASES: Final = 10
"""The longest chain of aliases, short enough for a recursive walk."""


def alias_cycles(declarations: Mapping[str, TypeDeclaration]) -> list[list[str]]:
    """Return the cycles of aliases that refer to each other, each as a path from a name back to
    it.
    """
    return cycles(_alias_graph(declarations))


def long_aliases(declarations: Mapping[str, TypeDeclaration]) -> list[str]:
    """Return the aliases that refer to each other through more than `MAX_ALIASES`; there must be no
    cycles.
    """
    graph = _alias_graph(declarations)
    above = dict.fromkeys(graph, 0)
    users = _users(graph)
    for name in (pending := [name for name, targets in graph.items() if not targets]):
        for user in users.get(name, ()):
            if above[user] <= MAX_ALIASES and above[user] < above[name] + 1:
                above[user] = above[name] + 1
                pending.append(user)
    return [name for name, height in above.items() if height > MAX_ALIASES]


def endless_records(declarations: Mapping[str, TypeDeclaration]) -> list[list[str]]:
    """Return the cycles of records that require each other, so that they have no finite value."""
    users = _users(
        {name: list(_required(declaration)) for name, declaration in declarations.items()}
    )
    finite: set[str] = set()
    pending = list(declarations)
    while pending:
        name = pending.pop()
        if (
            name not in finite
            and name in declarations
            and _is_finite(declarations[name], finite, declarations)
        ):
            finite.add(name)
            pending.extend(users.get(name, ()))
    endless = {
        name: declaration for name, declaration in declarations.items() if name not in finite
    }
    return cycles(
        {
            name: [target for target in _required(declaration) if target in endless]
            for name, declaration in endless.items()
        }
    )


def endless_defaults(declarations: Mapping[str, TypeDeclaration]) -> list[list[tuple[str, str]]]:
    """Return the cycles of defaults that contain each other, each field as its record and its name.

    A default contains another one if it holds a record and leaves out a field of that record.
    """
    fields = {
        (name, field.name): field
        for name, declared in declarations.items()
        if isinstance(declared, Record)
        for field in declared.fields
    }
    return cycles(
        {
            key: list(
                dict.fromkeys(_defaults_inside(field.default.value, field.type, declarations))
            )
            for key, field in fields.items()
            if field.default is not None
        }
    )


def _defaults_inside(
    value: Json, of: Type, declarations: Mapping[str, TypeDeclaration]
) -> Iterator[tuple[str, str]]:
    """Return the fields whose defaults complete the records in a value."""
    for element, name in _declared_parts(value, of, declarations):
        match declarations.get(name):
            case Alias(type=target):
                yield from _defaults_inside(element, target, declarations)
            case TaggedUnion(tag=tag, members=members):
                records = [
                    record
                    for record in map(declarations.get, members)
                    if isinstance(record, Record)
                ]
                yield from _defaults_of(
                    element,
                    next(record for record in records if record.tag_value == element[tag]),
                    declarations,
                )
            case Record() as record:
                yield from _defaults_of(element, record, declarations)
            case _:
                pass


def _defaults_of(
    value: Json, record: Record, declarations: Mapping[str, TypeDeclaration]
) -> Iterator[tuple[str, str]]:
    for field in record.fields:
        if field.name in value:
            yield from _defaults_inside(value[field.name], field.type, declarations)
        elif field.default is not None:
            yield record.name, field.name


def _declared_parts(
    value: Json, of: Type, declarations: Mapping[str, TypeDeclaration]
) -> Iterator[tuple[Json, str]]:
    """Return the parts of a value that are of declared types, each with the name of its type."""
    pending: list[tuple[Json, Type]] = [(value, of)]
    for part, type_ in pending:  # the list grows meanwhile
        match type_:
            case RefType(name):
                yield part, name
            case NullableType(item):
                pending.extend([] if part is None else [(part, item)])
            case ListType(item):
                pending.extend((element, item) for element in part)
            case MapType(item):
                pending.extend((element, item) for element in part.values())
            case TupleType(items):
                pending.extend(zip(part, items, strict=True))
            case UnionType(members):
                kind = kind_of_value(part)
                pending.extend(
                    (part, member) for member in members if kind in json_kinds(member, declarations)
                )
            case ScalarType() | LiteralType():
                pass


def _alias_graph(declarations: Mapping[str, TypeDeclaration]) -> dict[str, list[str]]:
    return {
        name: [
            target
            for target in references(declaration.type)
            if isinstance(declarations.get(target), Alias)
        ]
        for name, declaration in declarations.items()
        if isinstance(declaration, Alias)
    }


def _users(graph: Mapping[str, list[str]]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for name, targets in graph.items():
        for target in targets:
            users.setdefault(target, []).append(name)
    return users


def references(of: Type) -> Iterator[str]:
    """Return the names that a type refers to."""
    match of:
        case RefType(name):
            yield name
        case ListType(item) | NullableType(item):
            yield from references(item)
        case MapType(item, key=key):
            yield from references(key)
            yield from references(item)
        case TupleType(items) | UnionType(items):
            for item in items:
                yield from references(item)
        case ScalarType() | LiteralType():
            pass


def _is_finite(
    declaration: TypeDeclaration, finite: set[str], known: Mapping[str, TypeDeclaration]
) -> bool:
    match declaration:
        case Record(fields=fields):
            return all(_has_value(field.type, finite, known) for field in fields if field.required)
        case TaggedUnion(members=members):
            return any(member in finite or member not in known for member in members)
        case Alias(type=target):
            return _has_value(target, finite, known)
        case _:
            return True


def _has_value(of: Type, finite: set[str], known: Mapping[str, TypeDeclaration]) -> bool:
    match of:
        case RefType(name):
            return name in finite or name not in known
        case ListType(item, constraints) | MapType(item, constraints):
            return not constraints.min_items or _has_value(item, finite, known)
        case TupleType(items):
            return all(_has_value(item, finite, known) for item in items)
        case UnionType(members):
            return any(_has_value(member, finite, known) for member in members)
        case NullableType() | ScalarType() | LiteralType():
            return True


def _required(declaration: TypeDeclaration) -> Iterable[str]:
    match declaration:
        case Record(fields=fields):
            return [name for field in fields if field.required for name in _needed(field.type)]
        case TaggedUnion(members=members):
            return members
        case Alias(type=target):
            return _needed(target)
        case _:
            return ()


def _needed(of: Type) -> Iterator[str]:
    """Return the endless types without whose values a type has no value."""
    match of:
        case RefType(name):
            yield name
        case ListType(item, constraints) | MapType(item, constraints):
            if constraints.min_items:
                yield from _needed(item)
        case TupleType(items) | UnionType(items):
            for item in items:
                yield from _needed(item)
        case NullableType() | ScalarType() | LiteralType():
            pass


def cycles(graph: Mapping[K, Iterable[K]]) -> list[list[K]]:
    """Find cycles until each node that is on one has been named once; iterative, because chains may
    be long.
    """
    cycles: list[list[K]] = []
    done: set[K] = set()
    for root in graph:
        if root in done:
            continue
        path = [root]
        on_path = {root}
        pending = [iter(list(graph[root]))]
        while pending:
            target = next(pending[-1], None)
            if target is None:
                pending.pop()
                name = path.pop()
                on_path.discard(name)
                done.add(name)
            elif target in on_path:
                cycles.append([*path[path.index(target) :], target])
            elif target not in done and target in graph:
                path.append(target)
                on_path.add(target)
                pending.append(iter(list(graph[target])))
    return cycles
