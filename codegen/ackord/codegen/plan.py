"""The plan of a package: what is generated from a contract, the same for every target.

A plan says which classes there are and what each of them knows. A target gives these things names
and prints them in its language.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, TypeAlias

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
    Type,
    TypeDeclaration,
)

Reach: TypeAlias = Literal["client", "everybody", "room", "cluster"]
"""Whom an emitter sends to: one client, many clients, those in some rooms, or other servers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventPlan:
    """One event in one direction; no two are the same, whatever they declare."""

    declared: Event
    timeout: float
    """Seconds to wait for the acknowledgement, where the caller doesn't say."""
    errors: tuple[Error, ...]
    """What the acknowledgement may be instead of success."""

    @property
    def acked(self) -> bool:
        """Whether the receiver answers."""
        return self.declared.acked

    @property
    def has_result(self) -> bool:
        """Whether the answer is a union with errors, which has a name."""
        return bool(self.errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitterPlan:
    """What a server sends events with."""

    reach: Reach
    room: Room | None = None
    sends: tuple[EventPlan, ...]
    """Events that it sends; one client's may be acknowledged."""
    asks: tuple[EventPlan, ...] = ()
    """Events that it sends to many, and whose acknowledgements it collects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespacePlan:
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
        """Those of all directions."""
        return (*self.client_to_server, *self.server_to_client, *self.server_to_server)

    @property
    def is_dynamic(self) -> bool:
        """Whether its path has parameters."""
        return bool(self.declared.params)


@dataclass(frozen=True, slots=True)
class Result:
    """The union of an event's success and its errors."""

    namespace: NamespacePlan
    event: EventPlan

    @property
    def success(self) -> Type | None:
        """The type of success, `None` where success says nothing more."""
        return self.event.declared.ack


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is generated from one contract."""

    contract: Contract
    declarations: Mapping[str, TypeDeclaration]
    """The declared types by name."""
    named: tuple[Alias | TaggedUnion, ...]
    """The types that are another name for others, each after those that it refers to."""
    sessions: AbstractSet[str]
    """Names of the records that only the server has, as the session of a connection: these can be
    changed in place.
    """
    tags: Mapping[str, str]
    """The field that holds the tag, by the name of a record that is a member of tagged unions."""
    namespaces: tuple[NamespacePlan, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """The answers of all events that declare errors."""
        return tuple(
            Result(namespace, event)
            for namespace in self.namespaces
            for event in (*namespace.client_to_server, *namespace.server_to_client)
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
        *(field for event in events for field in event.args),
    ]
