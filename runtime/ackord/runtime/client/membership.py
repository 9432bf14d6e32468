"""One stay in a namespace: from CONNECT until either side ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from ackord.runtime.containment import contain
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.complexity import weigh
from ackord.runtime.protocol.socketio.error_acks import UNKNOWN_EVENT, FailureReply, internal_error
from ackord.runtime.protocol.socketio.errors import PacketError, UnexpectedPacketError
from ackord.runtime.protocol.socketio.names import scan_event_name
from ackord.runtime.protocol.socketio.packet import Packet, encode_ack
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.driving import Job
from ackord.runtime.sockets.incoming import run_route, run_untyped
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.tasks import TaskSet

if TYPE_CHECKING:
    from ackord.runtime.client.member import ClientMember

_log = logging.getLogger("ackord.runtime.client")

MAX_EARLY: Final = 64_000_000
"""Bytes of the events that may come before the answer to CONNECT: what a server replays to a client
that comes back.
"""
EARLY_COST: Final = 500
"""Bytes that each of them costs beside its text and attachments, about."""


class Membership:
    """One stay in a namespace, and the events that arrive in it.

    A handler that outlives it answers nobody, even if the socket has joined again: the new
    connection knows nothing of the old one's acks.
    """

    __slots__ = (
        "_early",
        "_early_size",
        "_is_over",
        "_socket",
        "_tasks",
        "connection",
        "joined",
        "queue",
    )

    def __init__(
        self, socket: ClientMember, connection: Connection, backlog: Backlog, tasks: TaskSet
    ) -> None:
        """Begin a stay of `socket`; the caller sends CONNECT."""
        self._socket = socket
        self._is_over = False
        self._tasks = tasks
        self._early: (
            list[Callable[[], None]] | None
        ) = []  # events before the answer to CONNECT: what was missed, with recovery
        self._early_size = 0
        self.connection = connection
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server has answered CONNECT, or will not."""
        self.queue = EventQueue(backlog, tasks)
        """Events that wait for handlers, from `open` on."""

    def end(self) -> None:
        """Send nothing any more."""
        self._is_over = True

    def send_quietly(self, packet: str, attachments: Sequence[bytes] = ()) -> None:
        """Send what the server may as well miss if the connection has ended, and what a busy
        network must not drop.
        """
        try:
            self.connection.send(packet, attachments, bounded=False)
        except DisconnectedError as error:
            _log.debug("not sent in namespace %s: %s", self._socket.namespace, error)

    def receive_event(self, packet: Packet) -> None:
        """Take an EVENT packet; decode it now, and let it be handled in its turn.

        Raises:
            ProtocolError: It ends the connection.
        """
        payload, ack_id, attachments = packet.payload, packet.ack_id, packet.attachments
        name = scan_event_name(payload)
        route = self._socket.find_route(name)
        if route is None:
            _, *arguments = decode_array(payload, attachments)
            concurrent = self._socket.handles_concurrently(name)
            job = partial(run_untyped, self, name, arguments, ack_id)
        else:
            concurrent = route.concurrent
            try:
                decoded = route.decode(payload, attachments)
            except FailureReply as failure:
                job = partial(self._fail_in_order, name, ack_id, failure, None)
            except PacketError:
                raise
            except BaseException as error:  # noqa: BLE001  # a validator of the application, or the library that calls it
                contain(error)
                job = partial(self._fail_in_order, name, ack_id, internal_error(), error)
            else:
                catch_all = (
                    (name, *decode_array(payload, attachments)[1:]) if self.catch_all else None
                )
                job = partial(run_route, self, route, name, decoded, ack_id, catch_all)
        # Always in a task: listeners that are registered right after `connect` has returned are
        # found when it runs.
        put = self.queue.put_concurrent if concurrent else self.queue.put
        size = weigh(payload) + sum(map(len, attachments))
        offset = payload if ack_id is None else None
        if self._early is None:
            self._take(put, job, size, offset)
            return
        # They come before the answer to CONNECT, which must be reached: they can't keep this side
        # from reading.
        self._early_size += len(payload) + sum(map(len, attachments)) + EARLY_COST
        if self._early_size > MAX_EARLY:
            raise UnexpectedPacketError(
                f"more than {MAX_EARLY} bytes of events before the answer to CONNECT"
            )
        self._early.append(partial(self._take, put, job, size, offset))

    def open(self) -> None:
        """Begin to handle events: the server has answered CONNECT."""
        early, self._early = self._early, None
        for take in early or ():
            take()
        self.queue.open()

    def _take(
        self, put: Callable[[Job, int], None], job: Job, size: int, offset: str | None
    ) -> None:
        """Hand an event over; it isn't missed any more, which one isn't sure of before the answer
        to CONNECT.
        """
        if offset is not None:
            self._socket.recovery.note(offset)
        put(job, size)

    # What the server's and the client's handling of events have in common needs this
    # (`EventReceiver`)

    @property
    def connected(self) -> bool:
        """Whether answers still reach the server."""
        return not self._is_over

    @property
    def catch_all(self) -> tuple[Registration, ...]:
        """The catch-all listeners for incoming events."""
        return self._socket.catch_all

    @property
    def watchers(self) -> tuple[Registration, ...]:
        """The same: clients have no middlewares."""
        return self._socket.catch_all

    def take_listeners(self, name: str) -> tuple[Registration, ...]:
        """Return the listeners that an event is for."""
        return self._socket.take_listeners(name)

    def send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        if not self._is_over:
            self.send_quietly(
                encode_ack(self._socket.prefix, ack_id, arguments, len(attachments)), attachments
            )

    def fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed by an error ack if one was asked for, and count it."""
        # A client needn't listen to everything that a server tells.
        if ack_id is not None or failure.code != UNKNOWN_EVENT:
            self._socket.failures.record(self._socket, name, failure, error)
        if ack_id is not None:
            try:
                self.send_ack(ack_id, failure.arguments_text())
            except BaseException as again:  # noqa: BLE001  # a parser of the application
                contain(again)
                self._tasks.log.crash("Answering an event", again, f" (event {quoted(name)})")

    async def _fail_in_order(
        self, name: str, ack_id: int | None, failure: FailureReply, error: BaseException | None
    ) -> None:
        self.fail_event(name, ack_id, failure, error)
