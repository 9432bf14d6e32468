"""One namespace of one server, as a client uses it."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, ClassVar, Self, TypeAlias

from ackord.runtime.client.flagged import ClientOperator
from ackord.runtime.client.recovery import ClientRecovery
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, AckReply, check_timeout
from ackord.runtime.sockets.failures import Failures, InvalidHook
from ackord.runtime.sockets.routes import Route
from ackord.runtime.sockets.source import EventSource
from ackord.runtime.tasks import TaskSet

AuthPayload: TypeAlias = Mapping[str, Any]
Auth: TypeAlias = AuthPayload | Callable[[], AuthPayload | Awaitable[AuthPayload]] | None
"""Payload of CONNECT, or a plain or async function that returns it for each connection."""


class SocketState(Enum):
    """Where a socket stands."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    """`connect` runs: the connection is being opened, or CONNECT isn't answered yet."""
    CONNECTED = "connected"


class ClientSocket(EventSource, ABC):
    """One namespace of one server.

    ::

        async with connect("http://127.0.0.1:8000") as socket:
            @socket.on("hello")
            async def hello(name: str) -> str:      # the returned value is the acknowledgement
                return f"hello {name}"

            socket.emit("news", 1, {"image": b"..."})
            answer = await socket.emit_with_ack("question", timeout=5)

    Beside the server's events there are ``connect``, ``disconnect`` (with the reason) and
    ``connect_error`` (with the exception). Events are handled one at a time, in the order of
    arrival, unless a listener was registered as `concurrent`. A listener that raises is logged, and
    answered with the error ack ``internal`` if the server asked for an acknowledgement.

    This is what applications see of it; a `Manager` makes a `ClientMember`, which does the work.
    """

    __slots__ = ("_state", "_tasks", "auth", "failures", "id", "namespace", "recovered", "recovery")

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset(
        {"connect", "connect_error", "disconnect"}
    )

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self.namespace = namespace
        self.auth: Auth = None
        """See `Manager.socket`; may be changed between connections."""
        self.id: str | None = None
        """The socket's public id at the server while connected."""
        self.recovered = False
        """Whether the server knew this client again after a lost connection: same id, same rooms,
        and every event that it missed.
        """
        self.recovery = ClientRecovery()
        """What the server is told when the connection was lost and this client comes back."""
        self._state = SocketState.DISCONNECTED
        self._tasks = TaskSet(LimitedLog(logging.getLogger("ackord.runtime.client")))
        self.failures: Failures[ClientSocket] = Failures(namespace, self._tasks)
        """Incoming events that failed, by name: those that didn't fit, that a listener raised for,
        or that asked in vain for an answer.
        """

    @property
    def connected(self) -> bool:
        """Whether the namespace is joined."""
        return self._state is SocketState.CONNECTED

    @property
    def disconnected(self) -> bool:
        """The opposite of `connected`."""
        return not self.connected

    @property
    def active(self) -> bool:
        """Whether the namespace is joined or being joined."""
        return self._state is not SocketState.DISCONNECTED

    @abstractmethod
    async def connect(self) -> None:
        """Open the connection if need be, and join the namespace; nothing happens if it is joined.

        The listeners of ``connect``, or those of ``connect_error``, are called as well.

        Raises:
            ConnectRefusedError: The server answered CONNECT with CONNECT_ERROR.
            DisconnectedError: The network, the time, or `disconnect` ended it.
            ProtocolError: The server broke the protocol, or speaks an older one.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Leave the namespace; return when nothing of it is left running.

        Events that wait for handlers are dropped, handlers that run may end, within the manager's
        `close_timeout`. Called in a handler, that one is not waited for.
        """

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event.

        `ack` is called with what the server acknowledges; it is not called if the connection ends
        first.

        Raises:
            ReservedEventError: Nobody may send this name.
            InvalidPayloadError: JSON and attachments can't hold a value.
            DisconnectedError: The namespace isn't joined.
            SlowConsumerError: Too much waits for the network, `drain` waits for it, or too many
                acknowledgements are awaited.
        """
        self.send_plain(encode_plain_event(name, values), ack)

    def send(self, *values: Any, ack: AckCallback | None = None) -> None:
        """Send the event ``message``; see `emit`."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event and return what the server acknowledges: one value, a tuple of several, or
        `None`.

        Raises:
            AckTimeoutError: Nothing came in `timeout` seconds, 20 by default.
            DisconnectedError: The namespace isn't joined, or was left meanwhile.
            InvalidAckError: The acknowledgement isn't JSON.
            ReservedEventError: Nobody may send this name.
            InvalidPayloadError: JSON and attachments can't hold a value.
            SlowConsumerError: Too much waits for the network, or too many acknowledgements are
                awaited.
        """
        reply = await self.request(
            encode_plain_event(name, values), DEFAULT_ACK_TIMEOUT if timeout is None else timeout
        )
        arguments = self._decode_ack(reply)
        return arguments[0] if len(arguments) == 1 else tuple(arguments) or None

    @property
    def volatile(self) -> ClientOperator:
        """Emit only if it would go out at once: dropped while disconnected, or while the network is
        busy.
        """
        return ClientOperator(self, volatile=True)

    def timeout(self, seconds: float) -> ClientOperator:
        """Bound the time that an acknowledgement may take.

        The callback of `emit` then takes an error or `None` before the values, and is called in any
        case.
        """
        check_timeout(seconds)
        return ClientOperator(self, timeout=seconds)

    @abstractmethod
    async def drain(self) -> None:
        """Wait until everything that was emitted is handed to the network, or the connection has
        ended.
        """

    def on_invalid(self, hook: InvalidHook[ClientSocket]) -> InvalidHook[ClientSocket]:
        """Call `hook` with the socket, the event's name and the failure for each incoming event
        that fails; see `failures`.
        """
        self.failures.set_hook(hook)
        return hook

    @abstractmethod
    def set_route(self, name: str, route: Route) -> None:
        """Decode, handle and answer the events of one name by `route` instead of by listeners;
        catch-all listeners stay.
        """

    # Sending what is encoded already: what is above and the typed layer end here

    @abstractmethod
    def send_event(self, event: EncodedEvent, *, volatile: bool = False) -> None:
        """Send an encoded event that asks for no acknowledgement; raises what `emit` raises."""

    @abstractmethod
    async def request(self, event: EncodedEvent, timeout: float | None = None) -> AckReply:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an encoded event and return the JSON array of its acknowledgement as text, and the
        attachments.

        Raises what `emit_with_ack` raises; `None` sets no timeout.
        """

    @abstractmethod
    def send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
    ) -> None:
        """Send an encoded event, with a callback for its acknowledgement; `emit` and its flags end
        here.
        """

    @abstractmethod
    def _decode_ack(self, reply: AckReply) -> list[Any]:
        """Decode an acknowledgement's values; one that isn't JSON ends the connection, as any
        packet that isn't.
        """

    async def __aenter__(self) -> Self:
        """Connect; see `connect`."""
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect; see `disconnect`."""
        await self.disconnect()
