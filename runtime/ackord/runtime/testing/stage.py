"""Records what a namespace sends that no client is connected to, and answers what it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ackord.runtime.adapters.base import AckCollector, BroadcastFlags, LocalNamespace, Target
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.errors import AckordError, AckTimeoutError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.replies import Replies
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that a handler has sent."""

    event: str
    """The name on the wire."""
    args: tuple[Any, ...] = ()
    """The arguments, as the other side gets them: of their declared types."""
    to: frozenset[str] = frozenset()
    """Names of rooms, or the id of one client; empty: all clients of the namespace."""
    except_: frozenset[str] = frozenset()
    """Names of rooms, or the id of one client, that are left out."""
    volatile: bool = False
    local: bool = False
    to_servers: bool = False
    """Whether it goes to the other servers of the cluster, not to clients."""


class UnansweredError(AssertionError):
    """A handler asks a client, and the test has given no answer."""

    def __init__(self, event: str) -> None:
        super().__init__(
            f"nothing answers {event!r}: call FakeContext.answer(lambda ctx: ….{event}(…), …) first"
        )
        self.event = event


class Stage:
    """What a namespace has sent, and the answers to what it asks."""

    def __init__(self, contract: NamespaceContract) -> None:
        self.contract = contract
        self.sent: list[Sent] = []
        self.answers: dict[str, list[Any]] = {}
        """The answers that are left, by the name of the event; the last one stays."""
        self._is_rehearsal = False

    def make_adapter(self, namespace: LocalNamespace) -> StageAdapter:
        """Make the adapter of a namespace that sends to this stage."""
        return StageAdapter(namespace, self)

    @contextmanager
    def rehearse(self) -> Generator[list[Sent]]:
        """Record to another list meanwhile, and answer nothing."""
        sent, self.sent, self._is_rehearsal = self.sent, [], True
        try:
            yield self.sent
        finally:
            self.sent, self._is_rehearsal = sent, False

    def record(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> None:
        """Record an event to clients."""
        sent = Sent(
            event.name,
            _read(self.find(event), event),
            target.rooms or frozenset(),
            target.except_,
            flags.volatile,
            flags.local,
        )
        self.sent.append(sent)

    def record_for_servers(self, event: EncodedEvent) -> None:
        """Record an event to other servers."""
        declared = _named(self.contract.server_to_server, event)
        self.sent.append(Sent(event.name, _read(declared, event), to_servers=True))

    def answer(self, name: str) -> Any:
        """Return the next answer to an event.

        Raises:
            UnansweredError: there is none.
            AckordError: it is this exception.
        """
        left = self.answers.get(name)
        if self._is_rehearsal or not left:
            raise UnansweredError(name)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, AckordError):
            raise answer
        return answer

    def find(self, event: EncodedEvent) -> Event[Any]:
        """Return the declaration of an event to clients."""
        return _named(self.contract.server_to_client, event)


class StageAdapter(MemoryAdapter):
    """The adapter of a namespace without clients: all that is sent goes to a stage."""

    __slots__ = ("_stage",)

    def __init__(self, namespace: LocalNamespace, stage: Stage) -> None:
        super().__init__(namespace)
        self._stage = stage

    @override
    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:
        return True

    @override
    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        self._stage.record(event, target, flags)
        return None

    @override
    def broadcast_with_ack(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        self._stage.record(event, target, flags)
        answer: Replies[Any] = self._stage.answer(event.name)
        encode = self._stage.find(event).reply.encode
        collector.expect([*answer.values, *answer.missing])
        for sid, value in answer.values.items():
            collector.settle(sid, encode(value))
        for sid in answer.missing:
            collector.settle(sid, AckTimeoutError("no answer"))
        collector.seal()

    @override
    def server_side_emit(self, event: EncodedEvent) -> None:
        self._stage.record_for_servers(event)


def _named(events: tuple[Event[Any], ...], event: EncodedEvent) -> Event[Any]:
    return next(each for each in events if each.name == event.name)


def _read(declared: Event[Any], event: EncodedEvent) -> tuple[Any, ...]:
    return declared.arguments.decode(event.arguments, event.attachments)
