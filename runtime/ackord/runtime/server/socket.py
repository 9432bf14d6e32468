"""A client in a namespace."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar

from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.server.broadcast import BroadcastOperator, room_names
from ackord.runtime.server.direct import DirectFlags, DirectOperator
from ackord.runtime.server.gates import SocketGate, SocketMiddlewareT
from ackord.runtime.server.handshake import Handshake, make_handshake
from ackord.runtime.server.others import ReachingOthers
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, AckReply, check_timeout
from ackord.runtime.sockets.listeners import ListenerT, Registration
from ackord.runtime.sockets.outgoing import read_answer
from ackord.runtime.sockets.source import EventSource
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.namespace import Namespace


class Socket(EventSource, ReachingOthers, ABC):
    """A client in a namespace: sends events to it, and calls listeners for those that it sends.

    Events are handled in the order of arrival, one at a time, each with a context of its own.
    If nothing waits before it, an event is handled at once, as far as its listeners wait for
    nothing; what waits goes on in the socket's task. A listener registered with ``concurrent=True``
    lifts the order for its event.

    Register listeners before the first ``await`` of a ``connection`` listener: as in JavaScript, an
    event that nobody listens for yet is gone.
    What had arrived before the client went is still handled, with `connected` false and all rooms
    left, and listeners of ``disconnect`` come after it, but wait no longer than
    `Limits.ending_timeout`; if this side ends the socket, what waits is dropped and they are called
    at once. Listeners of ``disconnecting`` are called at once in any case.

    This is what applications see of it; servers make a `Member`, which does the work.
    """

    __slots__ = (
        "__weakref__",
        "_auth",
        "_connected",
        "_engine",
        "_error_listeners",
        "_gates",
        "_handshake",
        "_issued",
        "context",
        "data",
        "id",
        "namespace",
        "recovered",
    )

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset({"disconnecting", "disconnect"})

    def __init__(
        self, sid: str, namespace: Namespace, engine: EngineSocket, auth: dict[str, Any]
    ) -> None:
        super().__init__()
        self.id = sid
        self.namespace = namespace
        self.recovered = False
        """Whether the client came back after it had lost its connection: it has its id, its rooms
        and its `data` again, and misses no event.
        """
        self.data: Any = namespace.make_data()
        self.context: Any = None
        """What the typed layer keeps of this socket."""
        self._engine = engine
        self._auth = auth
        self._issued = time.time()
        self._handshake: Handshake | None = None
        self._connected = False
        self._gates: tuple[SocketGate, ...] = ()
        self._error_listeners: tuple[Registration, ...] = ()

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
        """Run `middleware` for each event, after catch-all listeners and those of
        `Namespace.use_event`, before the event's own.

        It takes the event's name and a tuple of its arguments.
        What it raises is answered as if a listener had raised it: `FailureReply` as it says,
        anything else as ``internal``.
        """
        self._gates = (*self._gates, SocketGate(middleware))
        return middleware

    def on_error(self, listener: ListenerT) -> ListenerT:
        """Call `listener` with the name of each event of this socket that failed, and with what a
        middleware or a listener raised.
        """
        self._error_listeners = (*self._error_listeners, Registration(listener))
        return listener

    # Rooms

    @property
    @abstractmethod
    def rooms(self) -> frozenset[str]:
        """The rooms that the socket is in, its own id among them; empty after the end."""

    @abstractmethod
    def join(self, *rooms: str | Iterable[str]) -> None:
        """Enter rooms; does nothing after the end."""

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        loop = self.namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(self.leave, room_names(rooms)):
            return
        for room in room_names(rooms):
            self.namespace.adapter.del_(self.id, room)

    @property
    @override
    def broadcast(self) -> BroadcastOperator:
        """Everybody in the namespace but this socket."""
        return BroadcastOperator(self.namespace).except_(self.id)

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
        check_timeout(seconds)
        return DirectOperator(self, DirectFlags(timeout=seconds))

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event: any number of values that JSON can hold, bytes anywhere in them.

        `ack` is called with what the client answers, and never if it goes away; use `timeout` to
        learn of that.

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
        """Send an event and return what the client answers: one value, a tuple of several, or
        `None`.

        Raises:
            AckTimeoutError: no answer came in `timeout` seconds, 20 by default.
            DisconnectedError: the connection ended first.
            InvalidAckError: the answer isn't JSON.
        """
        return await self.ask_plain(encode_plain_event(name, values), timeout)

    @abstractmethod
    def disconnect(self, close: bool = False) -> None:
        """Leave the namespace; with `close`, leave all namespaces and end the connection.

        During a middleware this refuses the connection.
        """

    # Sending what is encoded already: what is above and the typed layer end here

    @abstractmethod
    def send_event(
        self,
        event: EncodedEvent,
        *,
        volatile: bool = False,
        compress: bool = True,
        ack_id: int | None = None,
    ) -> None:
        """Send an encoded event; before the client is told that it is connected it waits, after the
        end it is dropped.
        """

    @abstractmethod
    def send_plain(
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

    @abstractmethod
    async def request(
        self,
        event: EncodedEvent,
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> AckReply:
        """Send an encoded event and return the JSON array and the attachments of its
        acknowledgement.

        Raises:
            AckTimeoutError: none came in `timeout` seconds.
            DisconnectedError: the connection ended first.
            SlowConsumerError: too many acknowledgements are awaited already.
        """

    async def ask_plain(
        self,
        event: EncodedEvent,
        timeout: float | None,  # noqa: ASYNC109  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> Any:
        """Send an encoded event and return what the client answers; `emit_with_ack` and its flags
        end here.
        """
        reply = await self.request(
            event,
            DEFAULT_ACK_TIMEOUT if timeout is None else timeout,
            volatile=volatile,
            compress=compress,
        )
        return read_answer(reply)
