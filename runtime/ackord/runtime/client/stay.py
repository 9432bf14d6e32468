"""One stay in a namespace: from CONNECT until either side ends it."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from ackord.runtime.client.recovery import ClientRecovery
from ackord.runtime.containment import contain
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.complexity import SHORT, Complexity
from ackord.runtime.protocol.socketio.error_acks import UNKNOWN_EVENT, FailureReply
from ackord.runtime.protocol.socketio.errors import UnexpectedPacketError
from ackord.runtime.protocol.socketio.names import MAX_EVENT_NAME, scan_event_name
from ackord.runtime.protocol.socketio.packet import Packet, encode_ack
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.incoming import handle_events, receive_event
from ackord.runtime.sockets.listeners import ListenerTable, Registration
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.sockets.routes import Route
from ackord.runtime.sockets.source import EventSource
from ackord.runtime.tasks import TaskSet

_log = logging.getLogger("ackord.runtime.client")

MAX_EARLY: Final = 64_000_000
"""Bytes of the events that may come before the answer to CONNECT: what a server replays to a client
that comes back.
"""
EARLY_COST: Final = 500
"""Bytes that each of them costs beside its text and attachments, about."""

_ANY_COMPLEXITY: Final = Complexity(sys.maxsize, sys.maxsize, sys.maxsize, sys.maxsize)
"""Clients read whatever their server sends; the parser bounds depth and digits."""

RecordFailure: TypeAlias = Callable[[str, FailureReply, BaseException | None], None]
"""Counts and logs an incoming event that failed: its name, the answer, and what was raised."""


@dataclass(frozen=True, slots=True)
class ClientNamespace:
    """What a client knows of a namespace over all its stays.

    Implements `ackord.runtime.sockets.incoming.EventRules`.
    """

    name: str
    prefix: str
    """What stands for the namespace in packets."""
    record_failure: RecordFailure
    recovery: ClientRecovery
    """What the server is told when the connection was lost and this client comes back."""
    routes: dict[str, Route] = field(default_factory=dict[str, Route])
    event_middlewares: tuple[()] = ()
    """Clients have none."""
    short: int = SHORT
    complexity: Complexity = _ANY_COMPLEXITY
    max_event_name: int = MAX_EVENT_NAME


class Stay:
    """One stay in a namespace, and the events that arrive in it.

    A handler that outlives it answers nobody, even if the socket has joined again: the new
    connection knows nothing of the old one's acks.

    Implements `ackord.runtime.sockets.incoming.EventReceiver`.
    """

    __slots__ = (
        "_early",
        "_early_size",
        "_is_over",
        "_namespace",
        "_queue",
        "_source",
        "_tasks",
        "connection",
        "joined",
    )

    _middlewares: tuple[Registration, ...] = ()
    """Clients have none."""

    def __init__(
        self,
        namespace: ClientNamespace,
        source: EventSource,
        connection: Connection,
        backlog: Backlog,
        tasks: TaskSet,
    ) -> None:
        """Begin a stay of the socket whose listeners `source` has; the caller sends CONNECT."""
        self._source = source
        self._is_over = False
        self._tasks = tasks
        self._early: list[Callable[[], None]] | None = []
        """Events before the answer to CONNECT: what was missed, with recovery."""
        self._early_size = 0
        self._queue = EventQueue(backlog, tasks, handle_events, keeps_task=True)
        self._namespace = namespace
        self.connection = connection
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server has answered CONNECT, or will not."""

    @property
    def queue(self) -> EventQueue:
        """Events that wait for handlers, from `open` on."""
        return self._queue

    def end(self) -> None:
        """Send nothing any more, and keep no task for events to come."""
        self._is_over = True
        self._queue.close()

    def send_quietly(self, packet: str, attachments: Sequence[bytes] = ()) -> None:
        """Send what the server may as well miss if the connection has ended, and what a busy
        network must not drop.
        """
        try:
            self.connection.send(packet, attachments, bounded=False)
        except DisconnectedError as error:
            _log.debug("not sent in namespace %s: %s", self._namespace.name, error)

    def receive_event(self, packet: Packet) -> None:
        """Take an EVENT packet.

        Raises:
            ProtocolError: It ends the connection.
        """
        name = scan_event_name(packet.payload)
        if self._early is None:  # as `_take`, without the call
            if packet.ack_id is None:
                self._namespace.recovery.note(packet.payload)
            receive_event(self, name, packet.payload, packet.ack_id, packet.attachments)
            return
        # They come before the answer to CONNECT, which must be reached: they can't keep this side
        # from reading.
        self._early_size += len(packet.payload) + sum(map(len, packet.attachments)) + EARLY_COST
        if self._early_size > MAX_EARLY:
            raise UnexpectedPacketError(
                f"more than {MAX_EARLY} bytes of events before the answer to CONNECT"
            )
        self._early.append(partial(self._take, name, packet))

    def open(self) -> None:
        """Take the events that came before the server's answer to CONNECT, which is there now, and
        begin to handle events: in the next turn of the event loop, when whoever waits for `joined`
        has registered listeners.

        Raises:
            ProtocolError: It ends the connection.
        """
        early, self._early = self._early, None
        for take in early or ():
            take()
        asyncio.get_running_loop().call_soon(self._queue.open)

    def _take(self, name: str, packet: Packet) -> None:
        """Hand an event over; it isn't missed any more, which isn't sure before the answer to
        CONNECT.
        """
        if packet.ack_id is None:
            self._namespace.recovery.note(packet.payload)
        receive_event(self, name, packet.payload, packet.ack_id, packet.attachments)

    # What the server's and the client's handling of events have in common needs this
    # (`EventReceiver`)

    @property
    def connected(self) -> bool:
        """Whether answers still reach the server."""
        return not self._is_over

    @property
    def _watchers(self) -> tuple[Registration, ...]:
        """The catch-all listeners: clients have no middlewares."""
        return self._source._any

    @property
    def _any(self) -> tuple[Registration, ...]:
        return self._source._any

    @property
    def _events(self) -> ListenerTable | None:
        return self._source._events

    def _send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        if not self._is_over:
            self.send_quietly(
                encode_ack(self._namespace.prefix, ack_id, arguments, len(attachments)), attachments
            )

    def _fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed by an error ack if one was asked for, and count it."""
        # A client needn't listen to everything that a server tells, and a catch-all listener has
        # heard what asks for an answer.
        if failure.code != UNKNOWN_EVENT or (ack_id is not None and not self._any):
            self._namespace.record_failure(name, failure, error)
        if ack_id is not None:
            try:
                self._send_ack(ack_id, failure.arguments_text())
            except BaseException as again:  # noqa: BLE001  # a parser of the application
                contain(again)
                self._tasks.log.crash("Answering an event", again, f" (event {quoted(name)})")
