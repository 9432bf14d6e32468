"""Says what of a contract an AsyncAPI document doesn't express."""

from __future__ import annotations

from collections.abc import Iterator

from ackord.codegen.plan import Plan, fields_of
from ackord.codegen.wire.limits import limits
from ackord.schema.analysis.parts import written_types
from ackord.schema.model import Alias, NewType, ScalarType, TaggedUnion


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
    contract = plan.contract
    written = [
        *(each.base for each in contract.types if isinstance(each, NewType)),
        *(each.type for each in contract.types if isinstance(each, Alias)),
        *(field.type for field in fields_of(contract)),
        *(event.declared.ack for each in plan.namespaces for event in each.events),
    ]
    for type_ in (each for each in written if each is not None):
        yield from (part for part in written_types(type_) if isinstance(part, ScalarType))
