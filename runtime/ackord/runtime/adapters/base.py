"""What a namespace and its adapter ask of each other.

An `Adapter` keeps the rooms of one namespace in this process, and joins the namespace with its
namesakes on the other servers of a cluster. The adapter is made with a `LocalNamespace`, through
which what other servers send reaches the sockets and listeners of this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply

RoomEvent: TypeAlias = Literal["create-room", "delete-room", "join-room", "leave-room"]
"""What room listeners are told; there is no repetition for whoever is in, or out, already."""

RoomListener: TypeAlias = Callable[[str, str | None], object]
"""A plain function that takes the room and, for ``join-room`` and ``leave-room``, the socket's id;
what it raises is logged.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a broadcast reaches."""

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
    """Recipients that can't take it at once miss it."""
    local: bool = False
    """Only recipients of this process."""
    compress: bool = True
    """Whether the transport may compress it."""


@dataclass(frozen=True, slots=True)
class SocketDetails:
    """A connected socket as another server describes it."""

    id: str
    """The socket's public id."""
    rooms: frozenset[str]
    """The rooms that the socket is in, its own id among them."""
    data: Any
    """What the application keeps of the socket, as far as the adapter can carry it."""
    handshake: Mapping[str, Any]
    """The fields of `ackord.runtime.server.Handshake`, by name."""


class AckCollector(Protocol):
    """Collects the acknowledgements of one broadcast."""

    __slots__ = ()

    ack_id: int
    """The id under which the sockets of this process are asked."""
    timeout: float
    """Seconds from the beginning of the broadcast after which no acknowledgement counts."""

    def expect(self, sids: Iterable[str]) -> None:
        """Add sockets that are asked, before their answers come.

        Called again, until `seal`, when another server tells which of its sockets are asked. An
        adapter that learns only how many they are makes up ids.
        """
        ...

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        """Settle a socket: its answer, or why there will be none; a second or late call is
        ignored.

        Raises:
            PacketError: the answer isn't what an ACK packet may hold. An adapter ignores the error
                for a socket of another server.
        """
        ...

    def seal(self) -> None:
        """Say that `expect` won't be called again: no other socket will be asked."""
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
        """Write a broadcast that asks for an acknowledgement and bring what comes of it to
        `collector`; never raises, never blocks.
        """
        ...

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Enter rooms."""
        ...

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        ...

    def disconnect(self, close: bool = False) -> None:
        """Leave the namespace; with `close`, leave all namespaces and end the connection."""
        ...


class LocalNamespace(Protocol):
    """A namespace of this process, as its adapter knows it.

    All methods are called in the event loop's thread.
    """

    __slots__ = ()

    name: str
    """The name, with its leading slash."""
    server_id: str
    """Tells this server from the others of a cluster."""

    @property
    def recipients(self) -> Mapping[str, Recipient]:
        """The connected sockets of this process by their ids; read at each broadcast."""
        ...

    @property
    def must_prepare(self) -> bool:
        """Whether an event is prepared even if no socket of this process gets it: an absent client
        may come back for the event, or a test wants it checked.
        """
        ...

    def check_event(self, event: EncodedEvent) -> None:
        """Refuse an event that can't be sent, before it is published.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def prepare(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> Prepared:
        """Keep an event for absent clients, and encode it for the sockets of this process.

        Called once for each broadcast of this or another server, before the event is delivered.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def prepare_request(self, event: EncodedEvent, flags: BroadcastFlags, ack_id: int) -> Prepared:
        """Encode an event that asks the sockets of this process for an acknowledgement.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def next_ack_id(self) -> int:
        """Return an ack id that no socket of this process waits for: each server has its own."""
        ...

    def forget_ack(self, sid: str, ack_id: int) -> None:
        """Make a socket of this process no longer wait for an acknowledgement."""
        ...

    def describe(self, sids: Iterable[str]) -> list[SocketDetails]:
        """Describe sockets of this process for another server."""
        ...

    async def receive_server_event(self, event: EncodedEvent) -> AckReply:
        """Handle a server-side event of another server; return the acknowledgement.

        Raises:
            FailureReply: there is no acknowledgement: nobody listens, or a listener failed.
        """
        ...


class Adapter(Protocol):
    """Keeps which socket is in which room, and brings broadcasts to the sockets of the rooms.

    A socket's own id is a room that it joins first.
    All methods are called in the event loop's thread; those that aren't `async` don't block.
    """

    async def start(self) -> None:
        """Connect with the other servers.

        Awaited when the server starts. The adapter of a namespace that is made later is started in
        the background, and rooms may be joined before.
        """
        ...

    def add_all(self, sid: str, rooms: Iterable[str]) -> None:
        """Put a socket into rooms."""
        ...

    def del_(self, sid: str, room: str) -> None:
        """Take a socket out of a room."""
        ...

    def del_all(self, sid: str) -> None:
        """Take a socket out of all its rooms; the cost depends on its own rooms only."""
        ...

    def socket_rooms(self, sid: str) -> frozenset[str]:
        """Return the rooms of a socket."""
        ...

    def sockets(self, target: Target) -> set[str]:
        """Return the ids of the connected sockets of this process that `target` means."""
        ...

    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:
        """Tell whether `target` may mean a socket; `False` only if it surely means none, so that
        the event isn't encoded.
        """
        ...

    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        """Write an event to every socket that `target` means; return what is done when the event
        is published to the other servers, or `None` if that is so already.

        Sockets of this process get what `LocalNamespace.prepare` returns, encoded and framed once.
        Without any, and unless `LocalNamespace.must_prepare`, nothing is prepared.

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
        """Write an event to every socket that `target` means and bring their acknowledgements to
        `collector`; a server that leaves meanwhile won't answer.

        Raises:
            InvalidPayloadError: the event can't be sent; nobody got it.
        """
        ...

    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        """Put every socket that `target` means into rooms."""
        ...

    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        """Take every socket that `target` means out of rooms."""
        ...

    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:
        """Disconnect every socket that `target` means; with `close`, end their connections."""
        ...

    async def fetch(self, target: Target, timeout: float) -> Sequence[SocketDetails]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Describe the sockets of the other servers that `target` means.

        Raises:
            AckTimeoutError: a server didn't answer in `timeout` seconds.
        """
        ...

    def server_side_emit(self, event: EncodedEvent) -> None:
        """Bring an event to the namesakes of this namespace on the other servers
        (`LocalNamespace.receive_server_event`).
        """
        ...

    async def server_side_emit_with_ack(
        self,
        event: EncodedEvent,
        timeout: float,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> list[AckReply]:
        """Do what `server_side_emit` does and return what each other server answers.

        Raises:
            AckTimeoutError: one of them didn't in `timeout` seconds.
        """
        ...

    def on(self, name: RoomEvent, listener: RoomListener) -> None:
        """Call `listener` at each event of that name."""
        ...

    def off(self, name: RoomEvent, listener: RoomListener) -> None:
        """Forget a listener."""
        ...

    async def close(self) -> None:
        """Let go of whatever the adapter holds."""
        ...

    def discard(self) -> None:
        """Forget rooms, and what other servers owe or are owed: the event loop that the adapter
        worked in has ended, maybe without `close`.

        Room listeners stay, and aren't called. `start` is awaited again in the next event loop.
        """
        ...
