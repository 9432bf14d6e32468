"""Makes the plan of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ackord.codegen.plan import EmitterPlan, EventPlan, NamespacePlan, Plan, Tag, fields_of
from ackord.schema.model import (
    Alias,
    Contract,
    Error,
    Event,
    ListType,
    MapType,
    Namespace,
    NullableType,
    RefType,
    Room,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

DEFAULT_TIMEOUT: Final = 20.0
"""Seconds to wait for an acknowledgement by default."""


def plan_contract(contract: Contract) -> Plan:
    """Decide what is generated from a contract."""
    errors = {error.name: error for error in contract.errors}
    rooms = {room.name: room for room in contract.rooms}
    return Plan(
        contract=contract,
        declarations=MappingProxyType({each.name: each for each in contract.types}),
        named=tuple(_in_order_of_use(contract.types)),
        sessions=_sessions(contract),
        tags=MappingProxyType(
            {
                member: Tag(union.tag, union.tag_identifier)
                for union in contract.types
                if isinstance(union, TaggedUnion)
                for member in union.members
            }
        ),
        namespaces=tuple(
            _plan_namespace(namespace, errors, rooms) for namespace in contract.namespaces
        ),
    )


def _plan_namespace(
    namespace: Namespace, errors: Mapping[str, Error], rooms: Mapping[str, Room]
) -> NamespacePlan:
    def planned(events: tuple[Event, ...]) -> tuple[EventPlan, ...]:
        return tuple(
            EventPlan(
                declared=event,
                timeout=DEFAULT_TIMEOUT if event.timeout is None else float(event.timeout),
                errors=tuple(errors[name] for name in event.errors),
            )
            for event in events
        )

    down = planned(namespace.server_to_client)
    between = planned(namespace.server_to_server)
    used = dict.fromkeys(name for event in down for name in event.declared.rooms)
    plain = tuple(event for event in down if not event.acked)
    acked = tuple(event for event in down if event.acked)
    return NamespacePlan(
        declared=namespace,
        client_to_server=planned(namespace.client_to_server),
        server_to_client=down,
        server_to_server=between,
        connect_errors=tuple(errors[name] for name in namespace.connect_errors),
        client=EmitterPlan(reach="client", sends=down),
        everybody=EmitterPlan(reach="everybody", sends=plain, asks=acked),
        rooms=tuple(
            EmitterPlan(
                reach="room",
                room=rooms[name],
                sends=tuple(event for event in plain if name in event.declared.rooms),
                asks=tuple(event for event in acked if name in event.declared.rooms),
            )
            for name in used
        ),
        cluster=EmitterPlan(
            reach="cluster",
            sends=tuple(event for event in between if not event.acked),
            asks=tuple(event for event in between if event.acked),
        )
        if between
        else None,
    )


def _in_order_of_use(declarations: tuple[TypeDeclaration, ...]) -> list[Alias | TaggedUnion]:
    """Sort the names for other types: each after the types that it refers to, else as declared."""
    named = {each.name: each for each in declarations if isinstance(each, Alias | TaggedUnion)}
    ordered: dict[str, Alias | TaggedUnion] = {}

    def visit(declared: Alias | TaggedUnion) -> None:
        if isinstance(declared, Alias):
            for name in _references(declared.type):
                if name in named and name not in ordered:
                    visit(named[name])
        ordered[declared.name] = declared

    for declared in named.values():
        if declared.name not in ordered:
            visit(declared)
    return list(ordered.values())


def _sessions(contract: Contract) -> frozenset[str]:
    """List the records that are sessions and never sent."""
    events = [
        event
        for each in contract.namespaces
        for event in (*each.client_to_server, *each.server_to_client, *each.server_to_server)
    ]
    types = [
        *(field.type for field in fields_of(contract)),
        *(each.type for each in contract.types if isinstance(each, Alias)),
        *(event.ack for event in events if event.ack is not None),
        *(each.auth for each in contract.namespaces if each.auth is not None),
    ]
    sent = {name for each in types for name in _references(each)}
    sent.update(
        name for each in contract.types if isinstance(each, TaggedUnion) for name in each.members
    )
    kept = {each.session.name for each in contract.namespaces if isinstance(each.session, RefType)}
    return frozenset(kept - sent)


def _references(type_: Type) -> Iterator[str]:
    match type_:
        case RefType(name):
            yield name
        case ListType(item) | NullableType(item):
            yield from _references(item)
        case MapType(value, key=key):
            yield from _references(key)
            yield from _references(value)
        case TupleType(parts) | UnionType(parts):
            for part in parts:
                yield from _references(part)
        case _:
            return
