"""What a namespace asks of the adapter that keeps its rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

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

    rooms: frozenset[str] = frozenset()
    """Whoever is in one of them, once; empty: everybody in the namespace."""
    except_: frozenset[str] = frozenset()
    """Whoever is in one of these is left out."""


@dataclass(frozen=True, slots=True)
class BroadcastFlags:
    """How a broadcast is sent."""

    volatile: bool = False
    """Recipients that can't take it at once miss it."""
    local: bool = False
    """Only recipients of this process."""
    compress: bool = True
    """Whether the transport may compress it."""


class AckCollector(Protocol):
    """Collects the acknowledgements of one broadcast."""

    __slots__ = ()

    ack_id: int
    """The id under which all sockets are asked."""

    def expect(self, sids: Iterable[str]) -> None:
        """Learn who is asked, before anybody is."""
        ...

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        """Learn what a socket answered, or why it will not; whatever comes late, or twice, is
        ignored.

        Raises:
            PacketError: the answer isn't what an ACK packet may hold.
        """
        ...

    def seal(self) -> None:
        """Learn that nobody else will be asked."""
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


class Adapter(Protocol):
    """Keeps which socket is in which room, and brings broadcasts to the sockets of the rooms.

    A socket's own id is a room that it joins first.
    All methods but `close` are called from the event loop's thread and don't block.
    """

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

    def broadcast(
        self, event: EncodedEvent, prepared: Prepared, target: Target, flags: BroadcastFlags
    ) -> None:
        """Write an event, which is encoded and framed once, to every socket that `target` means."""
        ...

    def broadcast_with_ack(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Write an event to every socket that `target` means and bring their acknowledgements to
        `collector`.
        """
        ...

    def server_side_emit(self, event: EncodedEvent) -> None:
        """Bring an event to the namesakes of this namespace on the other servers of a cluster
        (`Namespace.receive_server_event`).
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
