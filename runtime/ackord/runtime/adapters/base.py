"""What a namespace asks of the adapter that keeps its rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ackord.runtime.engineio.prepared import Prepared
from ackord.runtime.socketio.event import EncodedEvent

RoomEvent: TypeAlias = Literal["create-room", "delete-room", "join-room", "leave-room"]
"""What room listeners are told; there is no repetition for whoever is in, or out, already."""

RoomListener: TypeAlias = Callable[[str, str | None], None]
"""Takes the room and, for ``join-room`` and ``leave-room``, the socket's id."""


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


class Recipient(Protocol):
    """A connected socket of this process, as an adapter sees it."""

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        """Write a broadcast; never raises, never blocks."""
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

    def broadcast(self, event: EncodedEvent, prepared: Prepared, target: Target, flags: BroadcastFlags) -> None:
        """Write an event, which is encoded and framed once, to every socket that `target` means."""
        ...

    def on(self, name: RoomEvent, listener: RoomListener) -> None:
        """Call `listener` at each event of that name."""
        ...

    async def close(self) -> None:
        """Let go of whatever the adapter holds."""
        ...
