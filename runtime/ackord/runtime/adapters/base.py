"""The contract between a namespace and its adapter.

An `Adapter` keeps the rooms of one namespace in this process, and connects the namespace with the
same namespace on the other servers of a cluster. The adapter gets a `LocalNamespace`, by which it
passes messages of other servers to the sockets and listeners of this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply

RoomEvent: TypeAlias = Literal["create-room", "delete-room", "join-room", "leave-room"]
"""The events of rooms. Joining a room twice, or leaving a room that the socket isn't in, is no
event.
"""

RoomListener: TypeAlias = Callable[[str, str | None], object]
"""A plain function that takes the room and, for ``join-room`` and ``leave-room``, the socket's id;
its exceptions are logged.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """The recipients of a broadcast."""

    rooms: frozenset[str] | None = None
    """Sockets that are in one of these rooms, each once; `None`: all of the namespace.

    Without any room it is nobody.
    """
    except_: frozenset[str] = frozenset()
    """Sockets that are in one of these rooms are left out."""

    @property
    def is_empty(self) -> bool:
        """Whether no socket can be meant: rooms were asked for, and none was named."""
        return self.rooms is not None and not self.rooms


@dataclass(frozen=True, slots=True)
class BroadcastFlags:
    """How a broadcast is sent."""

    volatile: bool = False
    """Recipients that can't take the event at once don't get it."""
    local: bool = False
    """Only recipients of this process get it."""
    compress: bool = True
    """Whether the transport may compress the event."""


@dataclass(frozen=True, slots=True)
class SocketDetails:
    """A connected socket as another server describes it."""

    id: str
    """The socket's public id."""
    rooms: frozenset[str]
    """The rooms that the socket is in, its own id among them."""
    data: Any
    """The application's data of the socket (`Socket.data`), as far as the adapter can transfer
    it.
    """
    handshake: Mapping[str, Any]
    """The fields of `ackord.runtime.server.Handshake`, by name."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What is kept of a client that has lost its connection."""

    sid: str
    """The socket's public id."""
    pid: str
    """The private id, by which the client may come back."""
    rooms: frozenset[str]
    """The rooms that the socket was in."""
    data: Any
    """The application's data of the socket."""
    since: str
    """The position in the history when the socket joined."""
    seen: str = ""
    """The position up to which the client has seen the history; set by `History.take`."""


class History(Protocol):
    """The recent events and the absent clients of one namespace, which the servers of a cluster
    keep together.

    Positions are texts without quotation marks or backslashes. They are sent to clients as offsets.
    """

    @property
    def position(self) -> str:
        """The position of the event that is delivered now, or of the last one."""
        ...

    def keep(self, session: KeptSession, seconds: float) -> None:
        """Keep a session for so many seconds.

        Raises:
            InvalidPayloadError: its data can't be written.
        """
        ...

    async def take(self, pid: str, offset: str | None) -> KeptSession | None:
        """Return the session of a client that comes back to this server, and keep it no longer;
        `None` if it isn't kept, or if the events after `offset` aren't kept. `offset` is what the
        client has seen last; with `None` it has seen nothing since it joined.

        Raises:
            ClusterError: it can't be found out.
        """
        ...

    def missed(
        self, session: KeptSession, until: str
    ) -> AsyncIterator[tuple[str, EncodedEvent | None, int]]:
        """Yield position, event and size of each event that a client missed, up to the position
        `until`; without the event where it isn't for this client.

        Raises:
            ClusterError: the events can't be read.
        """
        ...


class AckCollector(Protocol):
    """Collects the acknowledgements of one broadcast."""

    __slots__ = ()

    ack_id: int
    """The ack id of the event for the sockets of this process."""
    timeout: float
    """Seconds from the beginning of the broadcast after which no acknowledgement counts."""

    def expect(self, sids: Iterable[str]) -> None:
        """Add sockets that are asked, before their answers come.

        Called again, until `seal`, for the sockets of each other server. An adapter that knows only
        how many sockets a server asks invents ids.
        """
        ...

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        """Settle the acknowledgement of a socket: its answer, or why there will be none. A second
        or late call is ignored.

        Raises:
            PacketError: the answer isn't valid for an ACK packet. An adapter ignores the error for
                a socket of another server.
        """
        ...

    def seal(self) -> None:
        """Called when all sockets are known: `expect` won't be called again."""
        ...


class Recipient(Protocol):
    """A connected socket of this process, as an adapter sees it."""

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        """Write a broadcast; never raises, never blocks."""
        ...

    def ask(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Write a broadcast with an ack id, and pass the outcome to `collector`; never raises,
        never blocks.
        """
        ...

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Join rooms."""
        ...

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        ...

    def disconnect(self, close: bool = False) -> None:
        """Disconnect from the namespace; with `close`, close the connection."""
        ...


class LocalNamespace(Protocol):
    """A namespace of this process, as its adapter uses it.

    All methods are called in the event loop's thread.
    """

    __slots__ = ()

    name: str
    """The name, with its leading slash."""
    server_id: str
    """The id of this server in the cluster."""

    @property
    def recipients(self) -> Mapping[str, Recipient]:
        """The connected sockets of this process by their ids; read at each broadcast."""
        ...

    @property
    def must_prepare(self) -> bool:
        """Whether `prepare` must be called even if no socket of this process gets the event: an
        absent client may come back for it, or a test checks payloads.
        """
        ...

    def check_event(self, event: EncodedEvent) -> None:
        """Check that an event can be sent, before it is published.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def prepare(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> Prepared:
        """Record an event for absent clients, and encode it for the sockets of this process.

        Called once for each broadcast of this or another server, before the event is delivered.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def prepare_request(self, event: EncodedEvent, flags: BroadcastFlags, ack_id: int) -> Prepared:
        """Encode an event with an ack id for the sockets of this process.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def next_ack_id(self) -> int:
        """Return a new ack id for the sockets of this process."""
        ...

    def forget_ack(self, sid: str, ack_id: int) -> None:
        """Forget a pending ack of a socket of this process."""
        ...

    def describe(self, sids: Iterable[str]) -> list[SocketDetails]:
        """Describe sockets of this process for another server."""
        ...

    async def receive_server_event(self, event: EncodedEvent) -> AckReply:
        """Handle a server-side event of another server; return the acknowledgement.

        Raises:
            FailureReply: nobody listens, or a listener failed.
        """
        ...


class Adapter(Protocol):
    """Keeps the rooms of a namespace, and sends broadcasts to the sockets in them.

    Each socket first joins the room with its own id. All methods are called in the event loop's
    thread; those that aren't `async` don't block.
    """

    async def start(self) -> None:
        """Connect to the other servers.

        Awaited when the server starts. The adapter of a namespace that is made later is started in
        the background; sockets may join rooms before that.
        """
        ...

    def add_all(self, sid: str, rooms: Iterable[str]) -> None:
        """Put a socket into rooms."""
        ...

    def del_(self, sid: str, room: str) -> None:
        """Take a socket out of a room."""
        ...

    def del_all(self, sid: str) -> None:
        """Take a socket out of all its rooms. The cost depends on the number of these rooms
        only.
        """
        ...

    def socket_rooms(self, sid: str) -> frozenset[str]:
        """Return the rooms of a socket."""
        ...

    def sockets(self, target: Target) -> set[str]:
        """Return the ids of the connected sockets of this process in `target`."""
        ...

    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:
        """Whether `target` may have a socket on any server; false only if it has none for sure.
        Then the event isn't encoded.
        """
        ...

    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        """Write an event to every socket in `target`. Return a future that is done when the event
        is published to the other servers, or `None` if it is published already.

        Sockets of this process get the result of `LocalNamespace.prepare`, encoded and framed once.
        If `target` has no socket of this process, `prepare` is called only if
        `LocalNamespace.must_prepare` is true.

        Raises:
            InvalidPayloadError: the event can't be sent; nobody got it.
        """
        ...

    def broadcast_with_ack(
        self,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Write an event with an ack id to every socket in `target`, and pass their
        acknowledgements to `collector`; the sockets of a server that leaves meanwhile won't answer.

        Raises:
            InvalidPayloadError: the event can't be sent; nobody got it.
        """
        ...

    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        """Put every socket in `target` into rooms."""
        ...

    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        """Take every socket in `target` out of rooms."""
        ...

    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:
        """Disconnect every socket in `target`; with `close`, close their connections."""
        ...

    async def fetch(self, target: Target, timeout: float) -> Sequence[SocketDetails]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Return the details of the other servers' sockets in `target`.

        Raises:
            AckTimeoutError: a server didn't answer in `timeout` seconds.
        """
        ...

    def server_side_emit(self, event: EncodedEvent) -> None:
        """Send an event to the same namespace on the other servers
        (`LocalNamespace.receive_server_event`).
        """
        ...

    async def server_side_emit_with_ack(
        self,
        event: EncodedEvent,
        timeout: float,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> list[AckReply]:
        """Send an event as `server_side_emit` does, and return the acknowledgement of each other
        server.

        Raises:
            ServersTimeoutError: a server didn't answer in `timeout` seconds; the error has the
                acknowledgements of the others.
        """
        ...

    def on(self, name: RoomEvent, listener: RoomListener) -> None:
        """Call `listener` for each room event of this name."""
        ...

    def off(self, name: RoomEvent, listener: RoomListener) -> None:
        """Remove a listener."""
        ...

    async def close(self) -> None:
        """Disconnect from the other servers, and free all resources."""
        ...

    def discard(self) -> None:
        """Forget rooms, and what other servers owe or are owed: the event loop that the adapter
        worked in has ended, maybe without `close`.

        Room listeners stay, and aren't called. `start` is awaited again in the next event loop.
        """
        ...
