"""The plan of a package: the classes that are generated from a contract, the same for every target.

A plan decides which classes there are, and the content of each. A target names and prints them in
its language.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ackord.schema.model import (
    Alias,
    Contract,
    Error,
    Event,
    Field,
    Namespace,
    Record,
    Room,
    TaggedUnion,
    TypeDeclaration,
)

Reach: TypeAlias = Literal["client", "everybody", "room", "cluster"]
"""The recipients of an emitter: one client, many clients, the clients in rooms, or other
servers.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventPlan:
    """One event in one direction; compared by identity."""

    declared: Event
    timeout: float
    """Default seconds to wait for the acknowledgement."""
    errors: tuple[Error, ...]
    """The errors that the acknowledgement may have."""

    @property
    def acked(self) -> bool:
        """Whether the event has an acknowledgement."""
        return self.declared.acked

    @property
    def has_result(self) -> bool:
        """Whether the answer is a named union of success and errors."""
        return bool(self.errors)

    @property
    def ack_args(self) -> tuple[Field, ...]:
        """The arguments of the acknowledgement, if it has several: its value is a named tuple."""
        return self.declared.ack_args or ()


class EmitterPlan(NamedTuple):
    """A class by which a server sends events."""

    reach: Reach
    sends: tuple[EventPlan, ...]
    """Events that it sends; to one client, also acknowledged ones."""
    room: Room | None = None
    asks: tuple[EventPlan, ...] = ()
    """Events that it sends to many clients, and whose acknowledgements it collects."""


class NamespacePlan(NamedTuple):
    """One namespace."""

    declared: Namespace
    client_to_server: tuple[EventPlan, ...]
    server_to_client: tuple[EventPlan, ...]
    server_to_server: tuple[EventPlan, ...]
    connect_errors: tuple[Error, ...]
    client: EmitterPlan
    everybody: EmitterPlan
    rooms: tuple[EmitterPlan, ...]
    """One for each room that an event goes to."""
    cluster: EmitterPlan | None

    @property
    def events(self) -> tuple[EventPlan, ...]:
        """The events of all directions."""
        return (*self.client_to_server, *self.server_to_client, *self.server_to_server)

    @property
    def is_dynamic(self) -> bool:
        """Whether its path has parameters."""
        return bool(self.declared.params)


class Result(NamedTuple):
    """The answer to an event that has a name of its own: a union of success and errors, or the
    arguments of an acknowledgement.
    """

    namespace: NamespacePlan
    event: EventPlan


class Tag(NamedTuple):
    """The field that tells the members of a tagged union apart."""

    name: str
    """The name on the wire."""
    identifier: str
    """The name in generated code."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Everything that is generated from one contract; compared by identity."""

    contract: Contract
    declarations: Mapping[str, TypeDeclaration]
    """The declared types by name."""
    named: tuple[Alias | TaggedUnion, ...]
    """The types that are names for other types, each after the types that it refers to."""
    sessions: AbstractSet[str]
    """Names of the records that are only sessions of connections, whose fields can be assigned."""
    tags: Mapping[str, Tag]
    """The field that holds the tag, by the name of a record that is a member of tagged unions."""
    namespaces: tuple[NamespacePlan, ...]

    @property
    def acks(self) -> tuple[Result, ...]:
        """The acknowledgements that have several arguments."""
        return tuple(
            Result(namespace, event)
            for namespace in self.namespaces
            for event in namespace.events
            if event.ack_args
        )

    @property
    def results(self) -> tuple[Result, ...]:
        """The answers of all events that declare errors."""
        return tuple(
            Result(namespace, event)
            for namespace in self.namespaces
            for event in namespace.events
            if event.has_result
        )


def fields_of(contract: Contract) -> list[Field]:
    """List all fields, arguments and parameters of a contract."""
    events = [
        event
        for each in contract.namespaces
        for event in (*each.client_to_server, *each.server_to_client, *each.server_to_server)
    ]
    return [
        *(field for each in contract.types if isinstance(each, Record) for field in each.fields),
        *(field for room in contract.rooms for field in room.params),
        *(field for namespace in contract.namespaces for field in namespace.params),
        *(field for error in contract.errors for field in error.fields),
        *(field for event in events for field in (*event.args, *(event.ack_args or ()))),
    ]
