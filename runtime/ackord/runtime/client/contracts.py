"""What the parts of the client ask of one another."""

from __future__ import annotations

from typing import Protocol

from ackord.runtime.engine.client import Connection
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.sockets.backlog import Backlog


class ConnectionSource(Protocol):
    """Where a socket gets its connection: the manager, which has one for all of its sockets."""

    @property
    def timeout(self) -> float:
        """Seconds that joining a namespace may take."""
        ...

    @property
    def close_timeout(self) -> float:
        """Seconds that handlers have to end after a disconnect."""
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
