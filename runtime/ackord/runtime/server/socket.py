"""A client in a namespace."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ackord.runtime.acks import DEFAULT_ACK_TIMEOUT, AckReply, PendingAcks
from ackord.runtime.adapters.base import AckCollector, BroadcastFlags
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engineio.prepared import Prepared
from ackord.runtime.error_acks import INVALID_RESPONSE, FailureReply, InvalidArgumentsError
from ackord.runtime.errors import AckordError, AckTimeoutError, DisconnectedError, InvalidAckError, SlowConsumerError, UsageError
from ackord.runtime.events.dispatch import EventQueue
from ackord.runtime.events.driving import Job
from ackord.runtime.events.incoming import (
    handle_events,
    run_listener_at_once,
    run_route,
    run_untyped,
    run_untyped_inline,
)
from ackord.runtime.events.lifecycle import call_lifecycle
from ackord.runtime.events.payloads import decode_array
from ackord.runtime.listeners import AnyEventSource, ListenerT, Registration
from ackord.runtime.server.broadcast import BroadcastOperator, room_names
from ackord.runtime.server.direct import AckCallback, DirectFlags, DirectOperator
from ackord.runtime.server.gates import NamespaceGate, SocketGate, SocketMiddlewareT
from ackord.runtime.server.gathering import decode_answer
from ackord.runtime.server.handshake import Handshake, make_handshake
from ackord.runtime.socketio.errors import PacketError
from ackord.runtime.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.socketio.names import check_event_name
from ackord.runtime.socketio.packet import encode_ack, encode_event
from ackord.runtime.socketio.recovery import RecoverySession

if TYPE_CHECKING:
    from ackord.runtime.server.connection import Connection
    from ackord.runtime.server.namespace import Namespace


_log = logging.getLogger("ackord.runtime.server")

ENDED_HERE: Final = frozenset({"server namespace disconnect", "server shutting down"})
"""Reasons of the ends that this program asked for."""


class Socket(AnyEventSource):
    """A client in a namespace: sends events to it, and calls listeners for those that it sends.

    Events are handled in the order of arrival, one at a time, each with a context of its own.
    If nothing waits before it, an event is handled at once, as far as its listeners wait for nothing; what waits goes on in the socket's task.
    A listener registered with ``concurrent=True`` lifts the order for its event.

    Register listeners before the first ``await`` of a ``connection`` listener: as in JavaScript, an event that nobody listens for
    yet is gone.
    What had arrived before the client went is still handled, with `connected` false and all rooms left, and listeners of ``disconnect`` come
    after it, but wait no longer than `Limits.ending_timeout`; if this side ends the socket, what waits is dropped and they are called at once.
    Listeners of ``disconnecting`` are called at once in any case.
    """

    __slots__ = (
        "__weakref__",
        "_acks",
        "_auth",
        "_connected",
        "_connection",
        "_departed_rooms",
        "_ending",
        "_engine",
        "_error_listeners",
        "_gates",
        "_handshake",
        "_issued",
        "_outbox",
        "_queue",
        "_refused",
        "_session",
        "context",
        "data",
        "id",
        "namespace",
        "recovered",
    )

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset({"disconnecting", "disconnect"})

    def __init__(
        self, sid: str, namespace: Namespace, connection: Connection, auth: dict[str, Any], session: RecoverySession | None = None
    ) -> None:
        super().__init__()
        self.id = sid
        self.namespace = namespace
        self.recovered = False
        """Whether the client came back after it had lost its connection: it has its id, its rooms and its `data` again, and misses no event."""
        self.data: Any = namespace.make_data()
        self.context: Any = None
        """What the typed layer keeps of this socket."""
        self._connection = connection
        self._engine = connection.engine
        self._auth = auth
        self._issued = time.time()
        self._handshake: Handshake | None = None
        self._connected = False
        self._ending = False
        self._refused = False
        self._outbox: list[tuple[EncodedEvent, int | None]] | None = []
        self._acks: PendingAcks | None = None
        self._departed_rooms: frozenset[str] | None = None
        self._gates: tuple[SocketGate, ...] = ()
        self._error_listeners: tuple[Registration, ...] = ()
        self._session = session
        self._queue = EventQueue(connection.backlog, namespace.tasks, handle_events, loop=connection.loop, keeps_task=True)

    @property
    def connected(self) -> bool:
        """Whether the namespace is joined; not yet during middlewares."""
        return self._connected

    @property
    def disconnected(self) -> bool:
        """The opposite of `connected`."""
        return not self._connected

    @property
    def conn(self) -> EngineSocket:
        """The Engine.IO session, which namespaces share."""
        return self._engine

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection, and the payload of CONNECT."""
        if self._handshake is None:
            self._handshake = make_handshake(self._engine.request, self._auth, self._issued)
        return self._handshake

    # Listening

    def use(self, middleware: SocketMiddlewareT) -> SocketMiddlewareT:
        """Run `middleware` for each event, after catch-all listeners and those of `Namespace.use_event`, before the event's own.

        It takes the event's name and a tuple of its arguments.
        What it raises is answered as if a listener had raised it: `FailureReply` as it says, anything else as ``internal``.
        """
        self._gates = (*self._gates, SocketGate(middleware))
        return middleware

    def on_error(self, listener: ListenerT) -> ListenerT:
        """Call `listener` with the name of each event of this socket that failed, and with what a middleware or a listener raised."""
        self._error_listeners = (*self._error_listeners, Registration(listener))
        return listener

    # Rooms

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms that the socket is in, its own id among them; empty after the end."""
        if self._departed_rooms is not None:
            return self._departed_rooms
        return self.namespace.adapter.socket_rooms(self.id)

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Enter rooms; does nothing after the end."""
        if self._connected or self._outbox is not None:
            self.namespace.adapter.add_all(self.id, room_names(rooms))

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        for room in room_names(rooms):
            self.namespace.adapter.del_(self.id, room)

    @property
    def broadcast(self) -> BroadcastOperator:
        """Everybody in the namespace but this socket."""
        return BroadcastOperator(self.namespace).except_(self.id)

    @property
    def local(self) -> BroadcastOperator:
        """Everybody of this process but this socket."""
        return self.broadcast.local

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach whoever is in one of these rooms, except this socket."""
        return self.broadcast.to(*rooms)

    def in_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Do what `to` does."""
        return self.broadcast.to(*rooms)

    def except_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach everybody but this socket and those in one of these rooms."""
        return self.broadcast.except_(*rooms)

    # Sending

    @property
    def volatile(self) -> DirectOperator:
        """Drop the event unless it can go out at once."""
        return DirectOperator(self, DirectFlags(volatile=True))

    def compress(self, compress: bool) -> DirectOperator:
        """Say whether the transport may compress the event."""
        return DirectOperator(self, DirectFlags(compress=compress))

    def timeout(self, seconds: float) -> DirectOperator:
        """Bound the wait for the acknowledgement; a callback then takes an error first."""
        return DirectOperator(self, DirectFlags(timeout=seconds))

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event: any number of values that JSON can hold, bytes anywhere in them.

        `ack` is called with what the client answers, and never if it goes away; use `timeout` to learn of that.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
            SlowConsumerError: too many acknowledgements are awaited from this client already.
        """
        self.send_plain(encode_plain_event(name, values), ack)

    def send(self, *values: Any, ack: AckCallback | None = None) -> None:
        """Send the event ``message``."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event and return what the client answers: one value, a tuple of several, or `None`.

        Raises:
            AckTimeoutError: no answer came in `timeout` seconds, 20 by default.
            DisconnectedError: the connection ended first.
            InvalidAckError: the answer isn't JSON.
        """
        return await self.ask_plain(encode_plain_event(name, values), timeout)

    async def ask_plain(self, event: EncodedEvent, timeout: float | None, *, volatile: bool = False, compress: bool = True) -> Any:  # noqa: ASYNC109  # a timer, no task
        """Send an encoded event and return what the client answers; `emit_with_ack` and its flags end here."""
        reply = await self.request(event, DEFAULT_ACK_TIMEOUT if timeout is None else timeout, volatile=volatile, compress=compress)
        try:
            return decode_answer(reply)
        except PacketError as error:
            raise InvalidAckError(str(error)) from error

    def send_event(self, event: EncodedEvent, *, volatile: bool = False, compress: bool = True, ack_id: int | None = None) -> None:
        """Send an encoded event; before the client is told that it is connected it waits, after the end it is dropped."""
        if not self._connected:
            if self._outbox is not None and not volatile:
                self._outbox.append((event, ack_id))
            elif self._session is not None and self.namespace.recovery is not None and not volatile and ack_id is None:
                self.namespace.recovery.record_for_absent(self._session, event)
            return
        if volatile and not self._engine.writable:
            return
        if self._any_outgoing:
            self._tell_outgoing(event)
        if self.namespace.recovery is not None and ack_id is None:
            recovery = self.namespace.recovery
            event = recovery.mark(event) if volatile else recovery.record(event, frozenset((self.id,)))
        text = encode_event(self.namespace.prefix, event.arguments, len(event.attachments), ack_id)
        if event.attachments or not compress:
            self._engine.send_prepared(Prepared(text, event.attachments, compress=compress))
        else:
            self._engine.send(text)

    async def request(
        self,
        event: EncodedEvent,
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> AckReply:
        """Send an encoded event and return the JSON array and the attachments of its acknowledgement.

        Raises:
            AckTimeoutError: none came in `timeout` seconds.
            DisconnectedError: the connection ended first.
            SlowConsumerError: too many acknowledgements are awaited already.
        """
        self._check_answerable()
        ack_id = self.namespace.next_ack_id()
        send = partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        return await self._pending_acks().wait(ack_id, send, timeout)

    def send_plain(
        self, event: EncodedEvent, ack: AckCallback | None, *, timeout: float | None = None, volatile: bool = False, compress: bool = True
    ) -> None:
        """Send an encoded event, with a callback for its acknowledgement; `emit` and its flags end here."""
        if ack is None:
            self.send_event(event, volatile=volatile, compress=compress)
            return
        if not self._connected and self._outbox is None:
            if timeout is not None:
                self._call_back(Registration(ack), DisconnectedError("the socket has been disconnected"), event=event.name)
            return
        if volatile and timeout is None and not (self._connected and self._engine.writable):
            return  # dropped: nobody will answer, and nothing would end the wait
        ack_id = self.namespace.next_ack_id()
        self._pending_acks().expect(ack_id, partial(self._settle_callback, Registration(ack), event.name, timeout is not None), timeout)
        self.send_event(event, volatile=volatile, compress=compress, ack_id=ack_id)

    def disconnect(self, close: bool = False) -> None:
        """Leave the namespace; with `close`, leave all namespaces and end the connection.

        During a middleware this refuses the connection.
        """
        if close:
            self._connection.disconnect()
        elif self._connected and not self._ending:
            self._connection.leave(self.namespace)
            self.end("server namespace disconnect")
        elif self._outbox is not None:
            self._refused = True

    # What the server does with a socket

    @property
    def recovery_session(self) -> RecoverySession | None:
        """What is kept of the socket while its client is away."""
        return self._session

    def recover(self) -> None:
        """Be again what the session says."""
        if self._session is not None:
            self.recovered = True
            self.data = self._session.data
            self.namespace.adapter.add_all(self.id, self._session.rooms)

    def begin_anew(self, session: RecoverySession) -> None:
        """Be a new client after all."""
        self._session = session
        self.recovered = False
        self.data = self.namespace.make_data()
        self.namespace.adapter.del_all(self.id)

    def supersede(self) -> None:
        """End the connection: its client is back on another one."""
        self._connection.shut("transport close", "transport close")

    @property
    def refused(self) -> bool:
        """Whether a middleware disconnected the socket."""
        return self._refused

    @property
    def catch_all(self) -> tuple[Registration, ...]:
        """The catch-all listeners for incoming events."""
        return self._any

    @property
    def watchers(self) -> tuple[Registration, ...]:
        """The catch-all listeners, then the middlewares."""
        shared = self.namespace.event_middlewares
        if shared:
            return (*self._any, *(NamespaceGate(middleware, self) for middleware in shared), *self._gates)
        return (*self._any, *self._gates) if self._gates else self._any

    def take_listeners(self, name: str) -> tuple[Registration, ...]:
        """Return the listeners that an event is for."""
        return () if self._events is None else self._events.take(name)

    def begin(self) -> None:
        """Note that the client was told: it is connected now."""
        self._connected = True
        waiting, self._outbox = self._outbox, None
        for event, ack_id in waiting or ():
            try:
                self.send_event(event, ack_id=ack_id)
            except Exception:  # noqa: BLE001  # whoever emitted it is gone; the others go out, and the client is let in
                _log.exception("event %r, emitted before the client was connected, can't be sent", event.name)

    @property
    def is_new(self) -> bool:
        """Whether the client was told in this turn of the event loop that it is connected."""
        return not self._queue.is_open

    def open_events(self) -> None:
        """Begin to handle events, after those listeners of ``connection`` that are tasks have begun to run."""
        self._connection.loop.call_soon(self._queue.open)

    def receive_event(self, name: str, payload: str, ack_id: int | None, attachments: Sequence[bytes] = ()) -> None:
        """Take an EVENT packet: its name, and its JSON array, which begins with that.

        Raises:
            PacketError: it ends the connection.
        """
        namespace, queue = self.namespace, self._queue
        size = len(payload) + sum(map(len, attachments)) if attachments else len(payload)
        route = namespace.routes.get(name)
        watched = self._any or self._gates or namespace.event_middlewares
        if route is None:
            registrations = () if self._events is None else self._events.by_name.get(name, ())
            if len(registrations) == 1 and registrations[0].is_plain and queue.idle and not watched:
                run_listener_at_once(self, registrations[0], name, decode_array(payload, attachments), ack_id, queue)
            else:
                self._receive_untyped(name, registrations, decode_array(payload, attachments), ack_id, size)
            return
        try:
            arguments = route.decode(payload, attachments)
        except InvalidArgumentsError as failure:
            queue.put(partial(self._fail_in_order, name, ack_id, failure), size)
            return
        if not watched and not route.concurrent and queue.can_step:
            queue.step((self, route, name, arguments, ack_id), size)
            return
        catch_all = (name, *decode_array(payload, attachments)[1:]) if watched else None
        self._handle(partial(run_route, self, route, name, arguments, ack_id, catch_all), size, concurrent=route.concurrent)

    def receive_ack(self, ack_id: int | None, payload: str, attachments: Sequence[bytes]) -> None:
        """Take an ACK packet; one that nobody waits for is ignored.

        Raises:
            PacketError: it ends the connection.
        """
        if not payload:
            return
        if ack_id is not None and self._acks is not None:
            self._acks.receive(ack_id, payload, attachments)
        decode_array(payload, attachments)  # awaited or not, a malformed one ends the connection as any packet does

    def send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        if not self._connected:
            return
        text = encode_ack(self.namespace.prefix, ack_id, arguments, len(attachments))
        if attachments:
            self._engine.send_prepared(Prepared(text, attachments))
        else:
            self._engine.send(text)

    def fail_event(self, name: str, ack_id: int | None, failure: FailureReply, error: BaseException | None = None) -> None:
        """Answer an event that failed by an error ack, or by the namespace's policy if no ack was asked for."""
        namespace = self.namespace
        namespace.failures.record(self, name, failure, time.monotonic(), error)
        if error is None and failure.code == INVALID_RESPONSE:
            error = failure.__cause__  # what a handler answered is nobody else's fault
        for listener in self._error_listeners:
            self._call_back(listener, name, error or failure, event=name)
        if isinstance(error, Exception):
            namespace.server.report(self, name, error)
        if ack_id is not None:
            if namespace.error_replies:
                self.send_ack(ack_id, failure.arguments_text())
        elif namespace.invalid_events == "disconnect":
            self.disconnect()

    def finish_later(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Queue the rest of an event which turned out to need a task; nothing of this socket can have come between."""
        self._queue.put_first(job)

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        """Write a broadcast (see `ackord.runtime.adapters.base.Recipient`)."""
        if flags.volatile and not self._engine.writable:
            return
        if self._any_outgoing:
            self._tell_outgoing(event)
        self._engine.send_prepared(prepared)

    def ask(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags, collector: AckCollector) -> None:
        """Write a broadcast that asks for an acknowledgement (see `ackord.runtime.adapters.base.Recipient`)."""
        settle = partial(collector.settle, self.id)
        if flags.volatile and not self._engine.writable:
            settle(AckTimeoutError("the client couldn't take a volatile event"))
            return
        try:
            self._pending_acks().expect(collector.ack_id, settle)
        except SlowConsumerError as error:
            settle(error)
        else:
            self.deliver(event, prepared, flags)

    @property
    def awaited_acks(self) -> int:
        """How many acknowledgements the client owes."""
        return 0 if self._acks is None else len(self._acks)

    def forget_ack(self, ack_id: int) -> None:
        """Wait for an acknowledgement no longer."""
        if self._acks is not None:
            self._acks.discard(ack_id)

    def end(self, reason: str, description: str | None = None) -> None:
        """Leave rooms and namespace, fail what is awaited, tell listeners.

        What the client had sent before it went is still handled; what waits is dropped if this side ended the socket.
        """
        if not self._connected:
            self._outbox = None
            self.namespace.adapter.del_all(self.id)
            if self._session is not None and self.namespace.recovery is not None and not self._ending:
                self.namespace.recovery.refuse(self._session, reason)
            return
        if self._ending:  # a listener of "disconnecting" disconnects
            return
        self._ending = True
        details = (reason,) if description is None else (reason, description)
        rooms = self.namespace.adapter.socket_rooms(self.id)
        departing = self._tell("disconnecting", details)
        self._connected = False
        self._connection.forget(self)
        if self._session is not None and self.namespace.recovery is not None:
            self.namespace.recovery.part(self._session, rooms, self.data, reason)
        self.namespace.remove(self)
        if departing:
            # Listeners that are tasks still see the rooms that the socket was in.
            self._departed_rooms = rooms
            for task in departing:
                task.add_done_callback(self._forget_rooms)
        if self._acks is not None:
            self._acks.fail_all(lambda: DisconnectedError(f"the socket has been disconnected: {reason}"))
        if self.namespace.server.cancel_on_disconnect:
            self._queue.cancel()
        if reason in ENDED_HERE:
            self._queue.clear()
            self._queue.close()
            self._tell_disconnect(reason, details)
        else:
            self._queue.finish(partial(self._tell_disconnect, reason, details), self.namespace.limits.ending_timeout)

    def _tell_disconnect(self, reason: str, details: Sequence[str]) -> None:
        self._tell("disconnect", details)
        self.namespace.run_disconnect_hook(self, reason)

    def _tell(self, name: str, details: Sequence[str]) -> list[asyncio.Task[None]]:
        namespace = self.namespace
        return call_lifecycle(self._lifecycle, name, details, namespace.tasks, partial(namespace.server.report, self, name))

    def _forget_rooms(self, _: object) -> None:
        self._departed_rooms = None

    def _receive_untyped(self, name: str, registrations: tuple[Registration, ...], items: list[Any], ack_id: int | None, size: int) -> None:
        if not registrations:
            check_event_name(name, self.namespace.limits.event_name)
        del items[0]
        queue = self._queue
        is_async = concurrent = False
        for registration in registrations:
            is_async |= registration.is_async
            concurrent |= registration.concurrent
        for registration in self._any:
            is_async |= registration.is_async
        if not is_async and queue.idle and not self._gates and not self.namespace.event_middlewares:
            queue.enter()
            try:
                contextvars.copy_context().run(run_untyped_inline, self, name, items, ack_id)
            finally:
                queue.leave()
        else:
            self._handle(partial(run_untyped, self, name, items, ack_id), size, concurrent=concurrent)

    def _handle(self, job: Job, size: int, *, concurrent: bool) -> None:
        queue = self._queue
        if concurrent:
            queue.put_concurrent(job, size)
        elif queue.can_step:
            queue.step(job, size)
        else:
            queue.put(job, size)

    async def _fail_in_order(self, name: str, ack_id: int | None, failure: FailureReply) -> None:
        self.fail_event(name, ack_id, failure)

    def _check_answerable(self) -> None:
        if self._connected:
            return
        if self._outbox is not None:
            raise UsageError("the client can't answer before it is told that it is connected")
        raise DisconnectedError("the socket has been disconnected")

    def _pending_acks(self) -> PendingAcks:
        if self._acks is None:
            self._acks = PendingAcks(self.namespace.limits.pending_acks)
            self._acks.follow(self._connection.backlog)
        return self._acks

    def _settle_callback(self, ack: Registration, name: str, error_first: bool, outcome: AckReply | AckordError) -> None:
        if isinstance(outcome, AckordError):
            if error_first:
                self._call_back(ack, outcome, event=name)
            return
        try:
            arguments = decode_array(*outcome)
        except PacketError as error:
            if error_first:
                self._call_back(ack, InvalidAckError(str(error)), event=name)
            raise
        self._call_back(ack, *((None, *arguments) if error_first else arguments), event=name)

    def _call_back(self, callback: Registration, *arguments: Any, event: str) -> None:
        self.namespace.call_back(callback, arguments, event, self)

    def _tell_outgoing(self, event: EncodedEvent) -> None:
        try:
            arguments = decode_array(event.arguments, event.attachments)
        except PacketError:
            arguments = [event.name]
        for listener in self._any_outgoing:
            self._call_back(listener, *arguments, event=event.name)
