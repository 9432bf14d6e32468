"""Says what of a contract an AsyncAPI document doesn't express."""

from __future__ import annotations

from collections.abc import Iterator

from ackord.codegen.plan import Plan
from ackord.codegen.wire.notation import limits
from ackord.schema.model import (
    Alias,
    Field,
    ListType,
    MapType,
    NewType,
    NullableType,
    Record,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)


def losses(plan: Plan) -> Iterator[str]:
    """Yield a sentence for each thing that the contract uses and the document lacks."""
    if plan.namespaces:
        yield (
            "The frames: an event is the JSON array of its name and its arguments in a packet of "
            "Socket.IO. The payload of a message is the list of the arguments."
        )
    if any(each.server_to_server for each in plan.namespaces):
        yield "Events between servers."
    if any(each.declared.session is not None for each in plan.namespaces):
        yield "The data that the server keeps of a connection."
    scalars = list(_scalars(plan))
    if any(each.name == "bytes" for each in scalars):
        yield "Bytes: they travel as attachments of the packet, and any value is allowed there."
    if any(limits(each) and each.name in {"bytes", "decimal", "int64"} for each in scalars):
        yield "Limits of bytes, decimals and 64-bit integers."
    if any(isinstance(each, TaggedUnion) for each in plan.contract.types):
        yield "The tag of unions, as a discriminator: each member has its value of the tag."
    if any(room.params for room in plan.contract.rooms):
        yield "The parameters of rooms. `x-rooms` names the rooms that an event is sent to."


def _scalars(plan: Plan) -> Iterator[ScalarType]:
    for declared in plan.contract.types:
        match declared:
            case NewType(base=base):
                yield base
            case Alias(type=type_):
                yield from _inside(type_)
            case Record(fields=fields):
                yield from _of_fields(fields)
            case _:
                pass
    for error in plan.contract.errors:
        yield from _of_fields(error.fields)
    for namespace in plan.namespaces:
        for event in namespace.events:
            yield from _of_fields((*event.declared.args, *event.ack_args))
            if event.declared.ack is not None:
                yield from _inside(event.declared.ack)


def _of_fields(fields: tuple[Field, ...]) -> Iterator[ScalarType]:
    for field in fields:
        yield from _inside(field.type)


def _inside(type_: Type) -> Iterator[ScalarType]:
    match type_:
        case ScalarType():
            yield type_
        case ListType(item=item) | NullableType(item=item):
            yield from _inside(item)
        case MapType(value=value, key=key):
            yield from (*_inside(key), *_inside(value))
        case TupleType(items=items) | UnionType(members=items):
            for each in items:
                yield from _inside(each)
        case _:
            pass
