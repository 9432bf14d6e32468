"""A client in a namespace.

The life of a socket: a CONNECT makes it (`joining.py`), `_begin` follows when CONNECT is answered,
and `leaving.py` when either side leaves. Events of the application are sent at once after `_begin`;
before it they wait, because no event may overtake the answer to CONNECT.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import get_ident
from typing import Any, ClassVar, TypeVar

from ackord.runtime.adapters.base import AckCollector, BroadcastFlags, Target
from ackord.runtime.containment import contain
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.error_acks import INVALID_RESPONSE, RATE_LIMITED, FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import encode_ack, encode_event
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.contract_check import describe, find_announced
from ackord.runtime.server.contracts import SocketConnection
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.handshake import Handshake, make_handshake
from ackord.runtime.server.middlewares import (
    NamespaceMiddlewareCall,
    SocketMiddlewareCall,
    SocketMiddlewareT,
)
from ackord.runtime.server.namespace import Namespace
from ackord.runtime.server.operators import (
    BroadcastOperator,
    SocketOperator,
    SocketOperators,
    others,
    room_names,
)
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, AckReply, PendingAcks
from ackord.runtime.sockets.incoming import handle_events
from ackord.runtime.sockets.lifecycle import call_hook
from ackord.runtime.sockets.listeners import ListenerT, Registration
from ackord.runtime.sockets.outgoing import (
    decode_answer,
    receive_ack,
    settle_callback,
    tell_outgoing,
)
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.sockets.source import EventSource
from typing_extensions import override

T = TypeVar("T")


class Socket(EventSource, SocketOperators):
    """A client in a namespace: sends events to the client, and calls listeners for the client's
    events.

    Events are handled in the order of arrival, one at a time, each with a context of its own. If no
    event waits before it, an event is handled at once until its listeners wait for something; the
    rest runs in the socket's task. A listener registered with ``concurrent=True`` lifts the order
    for its event.

    Register listeners before the first ``await`` of a ``connection`` listener: as in JavaScript, an
    event without a listener is dropped. Events that arrived before the client disconnected are
    still handled, with `connected` false and all rooms left; listeners of ``disconnect`` are called
    after them, within `Limits.ending_timeout`. If this side disconnects the socket, waiting events
    are dropped and these listeners are called at once. Listeners of ``disconnecting`` are always
    called at once.
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
        "_handshake",
        "_issued",
        "_middlewares",
        "_namespace",
        "_outbox",
        "_queue",
        "_recovery_session",
        "_refused",
        "context",
        "data",
        "id",
        "recovered",
    )

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset({"disconnecting", "disconnect"})

    def __init__(
        self,
        sid: str,
        namespace: NamespaceCore[Any],
        connection: SocketConnection,
        auth: dict[str, Any],
        session: RecoverySession | None = None,
    ) -> None:
        super().__init__()
        self.id = sid
        self.recovered = False
        """Whether the client came back after it had lost its connection: then id, rooms, `data` and
        missed events are restored.
        """
        self.data: Any = namespace.registrations.make_data()
        self.context: Any = None
        """The typed layer's context of this socket."""
        self._namespace: NamespaceCore[Socket] = namespace
        self._connection = connection
        self._engine = connection.engine
        self._auth = auth
        self._issued = time.time()
        self._handshake: Handshake | None = None
        self._middlewares: tuple[SocketMiddlewareCall, ...] = ()
        self._error_listeners: tuple[Registration, ...] = ()
        self._connected = False
        self._ending = False
        # Whether a middleware of the namespace has disconnected the socket.
        self._refused = False
        # The session of connection state recovery.
        self._recovery_session: RecoverySession | None = session
        # Made for the first event that asks for an acknowledgement.
        self._acks: PendingAcks | None = None
        # Events that were emitted before CONNECT is answered.
        self._outbox: list[tuple[EncodedEvent, int | None]] | None = []
        self._departed_rooms: frozenset[str] | None = None
        self._queue = EventQueue(
            connection.backlog,
            namespace.tasks,
            handle_events,
            loop=connection.loop,
            keeps_task=True,
        )

    @property
    def namespace(self) -> Namespace[Socket]:
        """The namespace of the socket."""
        namespace: Namespace[Socket] = self._namespace.facade
        return namespace

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

    @property
    def client_contract(self) -> ContractName | None:
        """Name and version of the contract that the client was generated from, if it is one that
        describes the namespace; `None` if the client announces none.
        """
        return find_announced(self._namespace, self._connection)

    # Listening

    def use(self, middleware: SocketMiddlewareT) -> SocketMiddlewareT:
        """Run `middleware` for each event, after catch-all listeners and those of
        `Namespace.use_event`, before the event's own.

        It takes the event's name and a tuple of its arguments. Exceptions are answered as those of
        a listener: `FailureReply` with its code, any other one with ``internal``.
        """
        self._middlewares = (*self._middlewares, SocketMiddlewareCall(middleware))
        return middleware

    def on_error(self, listener: ListenerT) -> ListenerT:
        """Call `listener` for each event of this socket that failed, with its name and the
        exception of a middleware or a listener.
        """
        self._error_listeners = (*self._error_listeners, Registration(listener))
        return listener

    # Rooms

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms that the socket is in, its own id among them; empty after the end."""
        if self._departed_rooms is not None:
            return self._departed_rooms
        return self._namespace.adapter.socket_rooms(self.id)

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Join rooms; does nothing after the end."""
        loop = self._namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.join, room_names(rooms)):
            return
        if self._connected or self._outbox is not None:
            self._namespace.adapter.add_all(self.id, room_names(rooms))

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        loop = self._namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.leave, room_names(rooms)):
            return
        for room in room_names(rooms):
            self._namespace.adapter.del_(self.id, room)

    @override
    def _flagged(
        self, flags: BroadcastFlags | None = None, timeout: float | None = None
    ) -> SocketOperator:
        return SocketOperator(self, flags, timeout)

    @override
    def _narrowed(
        self,
        target: Target | None = None,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
    ) -> BroadcastOperator:
        return others(self, target, flags, timeout)

    def disconnect(self, close: bool = False) -> None:
        """Disconnect the client from the namespace; with `close`, close the connection.

        During a middleware this refuses the connection.
        """
        loop = self._namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.disconnect, close):
            return
        if close:
            self._connection.disconnect()
        elif self._connected and not self._ending:
            self._connection.put_out(self._namespace.name)
        elif self._outbox is not None:
            self._refused = True

    # What goes out

    def send_event(
        self,
        event: EncodedEvent,
        *,
        volatile: bool = False,
        compress: bool = True,
        ack_id: int | None = None,
    ) -> None:
        """Send an encoded event; before CONNECT is answered it waits, after the end it is
        dropped.
        """
        if event.attachments:
            self._namespace.check_attachments(event.attachments, f"event {event.name!r}")
        loop = self._namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(
            partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        ):
            return
        if not self._connected:
            if not volatile:
                self._keep_event(event, ack_id)
            return
        if volatile and not self._engine.claim():
            return
        sent = event
        if self._namespace.recovery is not None and ack_id is None:
            recovery = self._namespace.recovery
            self._namespace.check_event(event)
            if recovery.is_shared and not volatile:
                # The other servers keep the event, too, so it goes the way of broadcasts.
                recovery.send(self.id, event, compress)
                return
            sent = (
                recovery.mark(event) if volatile else recovery.record(event, frozenset((self.id,)))
            )
        text = encode_event(self._namespace.prefix, sent.arguments, len(sent.attachments), ack_id)
        if sent.attachments or not compress:
            self._engine.send_prepared(Prepared(text, sent.attachments, compress=compress))
        else:
            self._engine.send(text)
        if self._any_outgoing:
            tell_outgoing(self, event)

    def _keep_event(self, event: EncodedEvent, ack_id: int | None) -> None:
        """Keep an event until CONNECT is answered, or for a client that may come back."""
        if self._outbox is not None:
            self._outbox.append((event, ack_id))
        elif (
            self._recovery_session is not None
            and self._namespace.recovery is not None
            and ack_id is None
        ):
            self._namespace.check_event(event)
            self._namespace.recovery.record_for_absent(self._recovery_session, event)

    def _send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        if not self._connected:
            return
        text = encode_ack(self._namespace.prefix, ack_id, arguments, len(attachments))
        if attachments:
            self._namespace.check_attachments(attachments, "an acknowledgement")
            self._engine.send_prepared(Prepared(text, attachments))
        else:
            self._engine.send(text)

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        """Write a broadcast (see `Recipient`)."""
        if flags.volatile and not self._engine.claim():
            return
        self._engine.send_prepared(prepared)
        if self._any_outgoing:
            tell_outgoing(self, event)

    # Acknowledgements that the client owes

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> T:
        """Send an encoded event and return what `decode` makes of the JSON array and the
        attachments of its acknowledgement, when they come.

        Raises:
            AckTimeoutError: none came in `timeout` seconds.
            DisconnectedError: the connection ended first.
            InvalidAckError: the acknowledgement isn't JSON: `decode` raised a `PacketError`.
            SlowConsumerError: too many acknowledgements are awaited already.
        """
        self._namespace.server_loop.check()
        self._check_answerable()
        ack_id = self._namespace.next_ack_id()
        send = partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        return await self._pending_acks().wait(ack_id, send, decode, timeout)

    def ask(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Write a broadcast that asks for an acknowledgement (see `Recipient`)."""
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

    @override
    async def _ask_plain(
        self,
        event: EncodedEvent,
        timeout: float | None,  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> Any:
        """Send an encoded event and return the client's answer; `emit_with_ack` and its flags end
        here.
        """
        return await self.request(
            event,
            decode_answer,
            DEFAULT_ACK_TIMEOUT if timeout is None else timeout,
            volatile=volatile,
            compress=compress,
        )

    @override
    def _send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
        compress: bool = True,
    ) -> None:
        """Send an encoded event, with a callback for its acknowledgement; `emit` and its flags end
        here.
        """
        if ack is None:
            self.send_event(event, volatile=volatile, compress=compress)
            return
        loop = self._namespace.server_loop
        if get_ident() != loop.thread:
            # Refuses a callback that can't be called here, in the thread of the caller.
            Registration(ack)
            if loop.hand_over(
                partial(
                    self._send_plain,
                    event,
                    ack,
                    timeout=timeout,
                    volatile=volatile,
                    compress=compress,
                )
            ):
                return
        if not self._connected and self._outbox is None:
            if timeout is not None:
                self._call_back(
                    Registration(ack),
                    (DisconnectedError("the socket has been disconnected"),),
                    event.name,
                )
            return
        if volatile and timeout is None and not (self._connected and self._engine.writable):
            return  # dropped: there will be no answer, and nothing would end the wait
        ack_id = self._namespace.next_ack_id()
        settle = partial(settle_callback, self, Registration(ack), event.name, timeout is not None)
        send = partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        self._pending_acks().send_and_expect(ack_id, send, settle, timeout)

    @property
    def _awaited_acks(self) -> int:
        """How many acknowledgements of the client are pending."""
        return 0 if self._acks is None else len(self._acks)

    def _forget_ack(self, ack_id: int) -> None:
        """Forget a pending ack."""
        if self._acks is not None:
            self._acks.discard(ack_id)

    def _receive_ack(self, ack_id: int | None, payload: str, attachments: Sequence[bytes]) -> None:
        """Take an ACK packet; an unknown ack id is ignored.

        Raises:
            PacketError: it ends the connection.
        """
        if not payload:
            return
        if len(payload) > self._namespace.short:
            _, excess = self._connection.backlog.charge(payload, self._namespace.complexity)
            if excess is not None:
                if ack_id is not None and self._acks is not None:
                    self._acks.fail(ack_id, InvalidAckError(f"the acknowledgement has {excess}"))
                return
        receive_ack(self._acks, ack_id, payload, attachments)

    def _check_answerable(self) -> None:
        if self._connected:
            return
        if self._outbox is not None:
            raise UsageError("the client can't answer before it is told that it is connected")
        raise DisconnectedError("the socket has been disconnected")

    def _pending_acks(self) -> PendingAcks:
        if self._acks is None:
            self._acks = PendingAcks(self._namespace.limits.pending_acks)
            self._acks.follow(self._connection.backlog)
        return self._acks

    def _call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        self._namespace.call_back(callback, arguments, event, self)

    # Joining

    def _recover(self) -> None:
        """Restore data and rooms from the session of a client that comes back."""
        if self._recovery_session is not None:
            self.recovered = True
            self.data = self._recovery_session.data
            self._namespace.adapter.add_all(self.id, self._recovery_session.history.current)

    def _begin_anew(self, session: RecoverySession) -> None:
        """Make this the socket of a new client, with a new session."""
        self._recovery_session = session
        self.recovered = False
        self.data = self._namespace.registrations.make_data()
        self._namespace.adapter.del_all(self.id)

    def _supersede(self) -> None:
        """End the connection: its client is back on another one."""
        self._connection.close("transport close", "transport close")

    def _begin(self) -> None:
        """Called when CONNECT was answered: the socket is connected now."""
        self._connected = True
        waiting, self._outbox = self._outbox, None
        for event, ack_id in waiting or ():
            try:
                self.send_event(event, ack_id=ack_id)
            except BaseException as error:  # noqa: BLE001  # its sender is gone; the others go out, and the client is let in
                contain(error)
                self._namespace.tasks.log.crash(
                    f"Sending event {quoted(event.name)}, emitted before the client was connected,",
                    error,
                )
                if ack_id is not None and self._acks is not None:
                    self._acks.fail(
                        ack_id, InvalidPayloadError(f"event {event.name!r} can't be sent: {error}")
                    )

    @property
    def _is_new(self) -> bool:
        """Whether CONNECT was answered in this turn of the event loop."""
        return not self._queue.is_open

    def _open_events(self) -> None:
        """Begin to handle events, after those listeners of ``connection`` that are tasks have begun
        to run.
        """
        self._connection.loop.call_soon(self._queue.open)

    # Events

    @property
    def _watchers(self) -> tuple[Registration, ...]:
        """The catch-all listeners, then the middlewares."""
        shared = self._namespace.event_middlewares
        if shared:
            return (
                *self._any,
                *(NamespaceMiddlewareCall(middleware, self) for middleware in shared),
                *self._middlewares,
            )
        return (*self._any, *self._middlewares) if self._middlewares else self._any

    def _fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed with an error ack, or apply the namespace's policy if the
        event has no ack id.
        """
        namespace = self._namespace
        sender = f", sent by socket {self.id} from {quoted(self._engine.request.address)}"
        if namespace.parent is not None:
            sender += f" in {quoted(namespace.name)}"
        announced = self._connection.announced
        if announced:
            contract = self.client_contract
            sender += (
                f" with the contract {describe([contract] if contract else announced.values())}"
            )
        client = self._engine.request.client or self.id
        namespace.failures.record(
            self, name, failure, error, sender=sender, client=self._engine.request.client
        )
        if error is None and failure.code == INVALID_RESPONSE:
            error = failure.__cause__  # only the handler's own answer is wrong
        for listener in self._error_listeners:
            report = partial(namespace.environment.errors.report, self, name)
            call_hook(
                listener,
                (name, error or failure),
                namespace.tasks,
                "A callback of an event",
                client,
                report=report,
            )
        if isinstance(error, Exception):
            namespace.environment.errors.report(self, name, error)
        try:
            if ack_id is not None:
                if namespace.error_replies:
                    self._send_ack(ack_id, failure.arguments_text())
            elif namespace.invalid_events == "disconnect" and failure.code != RATE_LIMITED:
                self.disconnect()
        except BaseException as again:  # noqa: BLE001  # a parser of the application
            contain(again)
            namespace.tasks.log.crash("Answering an event", again, f" (event {quoted(name)})")

    def _drop_events(self) -> None:
        """Drop the waiting events."""
        self._queue.clear()

    # The end, which `ackord.runtime.server.leaving` brings about

    def _discard(self) -> None:
        """Disconnect without calling listeners, which can't run: the event loop of the connection
        has ended.
        """
        self._connected = False
        self._outbox = None
        self._acks = None
