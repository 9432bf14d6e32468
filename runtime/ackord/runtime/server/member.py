"""A client's stay in a namespace: it joins, sends events, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.server import SHUTTING_DOWN
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.error_acks import (
    INVALID_RESPONSE,
    FailureReply,
)
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.addressee import Addressee
from ackord.runtime.server.broadcast import room_names
from ackord.runtime.server.gates import NamespaceGate
from ackord.runtime.sockets.incoming import (
    handle_events,
)
from ackord.runtime.sockets.lifecycle import call_hook, call_lifecycle
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.queue import EventQueue
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.memberships import Memberships
    from ackord.runtime.server.namespace import Namespace

ENDED_HERE: Final = frozenset({"server namespace disconnect", SHUTTING_DOWN})
"""Reasons of the ends that this program asked for."""


class Member(Addressee):
    """A socket as its server knows it: made for a CONNECT, let in or refused, handed the events of
    its client, ended once.

    Implements `ackord.runtime.sockets.incoming.EventReceiver`.
    """

    __slots__ = ("_departed_rooms", "_ending", "_queue", "refused")

    def __init__(
        self,
        sid: str,
        namespace: Namespace,
        connection: Memberships,
        auth: dict[str, Any],
        session: RecoverySession | None = None,
    ) -> None:
        super().__init__(sid, namespace, connection, auth, session)
        self.refused = False
        """Whether a middleware disconnected the socket."""
        self._ending = False
        self._departed_rooms: frozenset[str] | None = None
        self._queue = EventQueue(
            connection.backlog,
            namespace.tasks,
            handle_events,
            loop=connection.loop,
            keeps_task=True,
        )

    @override
    def disconnect(self, close: bool = False) -> None:
        loop = self.namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.disconnect, close):
            return
        if close:
            self._connection.disconnect()
        elif self._connected and not self._ending:
            self._connection.leave(self.namespace)
            self.end("server namespace disconnect")
        elif self._outbox is not None:
            self.refused = True

    # Rooms

    @property
    @override
    def rooms(self) -> frozenset[str]:
        if self._departed_rooms is not None:
            return self._departed_rooms
        return self.namespace.adapter.socket_rooms(self.id)

    @override
    def join(self, *rooms: str | Iterable[str]) -> None:
        loop = self.namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.join, room_names(rooms)):
            return
        if self._connected or self._outbox is not None:
            self.namespace.adapter.add_all(self.id, room_names(rooms))

    # Joining

    def recover(self) -> None:
        """Restore data and rooms from the session of a client that comes back."""
        if self.recovery_session is not None:
            self.recovered = True
            self.data = self.recovery_session.data
            self.namespace.adapter.add_all(self.id, self.recovery_session.history.current)

    def begin_anew(self, session: RecoverySession) -> None:
        """Make this the socket of a new client after all."""
        self.recovery_session = session
        self.recovered = False
        self.data = self.namespace.make_data()
        self.namespace.adapter.del_all(self.id)

    def supersede(self) -> None:
        """End the connection: its client is back on another one."""
        self._connection.shut("transport close", "transport close")

    @property
    def is_new(self) -> bool:
        """Whether the client was told in this turn of the event loop that it is connected."""
        return not self._queue.is_open

    def open_events(self) -> None:
        """Begin to handle events, after those listeners of ``connection`` that are tasks have begun
        to run.
        """
        self._connection.loop.call_soon(self._queue.open)

    # Events

    @property
    def watchers(self) -> tuple[Registration, ...]:
        """The catch-all listeners, then the middlewares."""
        shared = self.namespace.event_middlewares
        if shared:
            return (
                *self._any,
                *(NamespaceGate(middleware, self) for middleware in shared),
                *self._gates,
            )
        return (*self._any, *self._gates) if self._gates else self._any

    def fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed by an error ack, or by the namespace's policy if no ack was
        asked for.
        """
        namespace = self.namespace
        sender = f", sent by socket {self.id} from {quoted(self._engine.request.address)}"
        if namespace.parent is not None:
            sender += f" in {quoted(namespace.name)}"
        client = self._engine.request.client or self.id
        namespace.failures.record(
            self, name, failure, error, sender=sender, client=self._engine.request.client
        )
        if error is None and failure.code == INVALID_RESPONSE:
            error = failure.__cause__  # what a handler answered is nobody else's fault
        for listener in self._error_listeners:
            report = partial(namespace.server.report, self, name)
            call_hook(
                listener,
                (name, error or failure),
                namespace.tasks,
                "A callback of an event",
                client,
                report=report,
            )
        if isinstance(error, Exception):
            namespace.server.report(self, name, error)
        try:
            if ack_id is not None:
                if namespace.error_replies:
                    self.send_ack(ack_id, failure.arguments_text())
            elif namespace.invalid_events == "disconnect":
                self.disconnect()
        except BaseException as again:  # noqa: BLE001  # a parser of the application
            contain(again)
            namespace.tasks.log.crash("Answering an event", again, f" (event {quoted(name)})")

    # The end

    def drop_events(self) -> None:
        """Drop the events that wait."""
        self._queue.clear()

    def end(self, reason: str, description: str | None = None) -> None:
        """Leave rooms and namespace, fail what is awaited, tell listeners.

        What the client had sent before it went is still handled; what waits is dropped if this side
        ended the socket.
        """
        if not self._connected:
            self._end_unconnected(reason)
            return
        if self._ending:  # a listener of "disconnecting" disconnects
            return
        self._ending = True
        details = (reason,) if description is None else (reason, description)
        rooms: frozenset[str] = frozenset()
        with Step("read the rooms of a socket", self.namespace.tasks.log):
            rooms = self.namespace.adapter.socket_rooms(self.id)
        departing: list[asyncio.Task[None]] = []
        if self._lifecycle is not None:
            with Step("tell the listeners of 'disconnecting'", self.namespace.tasks.log):
                departing = self._tell("disconnecting", details)
        self._connected = False
        self._connection.forget(self)
        if self.recovery_session is not None and self.namespace.recovery is not None:
            with Step("keep what a client needs to come back", self.namespace.tasks.log):
                self.namespace.recovery.part(self.recovery_session, self.data, reason)
        self.namespace.remove(self)
        if departing:
            # Listeners that are tasks still see the rooms that the socket was in.
            self._departed_rooms = rooms
            self._connection.count_tasks(departing)
            for task in departing:
                task.add_done_callback(self._forget_rooms)
        if self._acks is not None:
            self._acks.fail_all(
                lambda: DisconnectedError(f"the socket has been disconnected: {reason}")
            )
        if self.namespace.server.cancel_on_disconnect:
            with Step("cancel the handlers of a socket", self.namespace.tasks.log):
                self._queue.cancel()
        if reason in ENDED_HERE:
            with Step("drop the events of a socket that wait", self.namespace.tasks.log):
                self._queue.clear()
                self._queue.close()
            self._tell_disconnect(reason, details)
        else:
            self._queue.finish(
                partial(self._tell_disconnect, reason, details),
                self.namespace.limits.ending_timeout,
            )

    def discard(self) -> None:
        """Be disconnected without telling anybody: the event loop of the connection has ended, and
        its listeners can't run any more.
        """
        self._connected = False
        self._outbox = None
        self._acks = None

    def _end_unconnected(self, reason: str) -> None:
        """End a socket that was never let in, or has ended already."""
        self._outbox = None
        if (
            self.recovery_session is not None
            and self.namespace.recovery is not None
            and not self._ending
        ):
            with Step(
                "forget the session of a client that wasn't let in", self.namespace.tasks.log
            ):
                self.namespace.recovery.refuse(self.recovery_session, reason)
        with Step("take a socket out of its rooms", self.namespace.tasks.log):
            self.namespace.adapter.del_all(self.id)

    def _tell_disconnect(self, reason: str, details: Sequence[str]) -> None:
        if self._lifecycle is not None:
            with Step("tell the listeners of 'disconnect'", self.namespace.tasks.log):
                if tasks := self._tell("disconnect", details):
                    self._connection.count_tasks(tasks)
        with Step("run the disconnect hook", self.namespace.tasks.log):
            if hook := self.namespace.run_disconnect_hook(self, reason):
                self._connection.count_tasks((hook,))

    def _tell(self, name: str, details: Sequence[str]) -> list[asyncio.Task[None]]:
        if self._lifecycle is None:
            return []
        namespace = self.namespace
        return call_lifecycle(
            self._lifecycle,
            name,
            details,
            namespace.tasks,
            partial(namespace.server.report, self, name),
        )

    def _forget_rooms(self, _: object) -> None:
        self._departed_rooms = None
