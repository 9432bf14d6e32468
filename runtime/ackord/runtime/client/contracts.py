"""What the parts of the client ask of one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from ackord.runtime.client.connection_events import ConnectionEvents
from ackord.runtime.client.offline import OfflineBuffer, Overflow
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.sockets.backlog import Backlog

FORCED_CLOSE: Final = "forced close"
"""The reason for the end of a connection that this side has closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketOptions:
    """What all sockets of a manager have in common; `ManagerOptions` has the defaults."""

    timeout: float
    """Seconds that joining a namespace may take."""
    close_timeout: float
    """Seconds that handlers have to end after a disconnect."""
    max_pending_acks: int
    """Acknowledgements that a socket may wait for."""
    ack_timeout: float
    """Seconds that an acknowledgement may take unless the call says otherwise."""
    retries: int
    """How often an event is sent again that isn't acknowledged; 0: events aren't."""
    max_offline_events: int
    """Events that may wait for a lost connection, or for their turn with `retries`."""
    max_offline_bytes: int
    """Bytes that these may have."""
    offline_overflow: Overflow
    """What happens to an event for which there is no room."""

    def make_buffer(self, is_awaited: Callable[[int], bool]) -> OfflineBuffer:
        """Return the buffer of one socket."""
        return OfflineBuffer(
            self.max_offline_events, self.max_offline_bytes, self.offline_overflow, is_awaited
        )


class ConnectionSource(Protocol):
    """Where a socket gets its connection: the manager, which has one for all of its sockets."""

    @property
    def events(self) -> ConnectionEvents:
        """What is told of the connection."""
        ...

    @property
    def reconnection(self) -> bool:
        """Whether a lost connection is opened again."""
        ...

    @property
    def retry_first(self) -> bool:
        """Whether the first attempt to connect is followed by others."""
        ...

    def enter_loop(self) -> None:
        """Forget what belonged to another event loop, which has ended.

        Raises:
            UsageError: the other event loop still runs.
        """
        ...

    async def acquire(self) -> tuple[Connection, Backlog]:
        """Return the open connection, opened now if need be, and the count of the events that wait
        for handlers.
        """
        ...

    async def pause(self, error: AckordError) -> None:
        """Wait for the time of the next attempt to connect, after one that failed with `error`.

        Raises:
            DisconnectedError: there is no further attempt.
        """
        ...

    def retry_now(self) -> None:
        """Begin the next attempt to connect now, if one is waited for."""
        ...

    def joined(self) -> None:
        """Called when a namespace is joined: the schedule of attempts begins anew."""
        ...

    async def release(self) -> None:
        """Close the connection if no socket uses it any longer, after what waits was written."""
        ...

    def close_if_unused(self) -> None:
        """Close the connection if no socket uses it any longer, without waiting."""
        ...


class PacketReceiver(Protocol):
    """A socket, as a connection's packets find it."""

    def receive(self, packet: Packet, connection: Connection) -> None:
        """Take a packet for the namespace of the socket.

        Raises:
            ProtocolError: it ends the connection.
        """
        ...

    def connection_closed(
        self, connection: Connection, reason: str, description: str | None
    ) -> None:
        """Called when a connection has ended."""
        ...


class ConnectionOwner(Protocol):
    """What a connection belongs to."""

    def connection_closed(self, reason: str, description: str | None) -> None:
        """Called when the connection has ended, and all sockets know."""
        ...
