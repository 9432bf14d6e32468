"""What the server's engine needs of a WebSocket, and what a WebSocket needs of the engine.

Backpressure: a `ServerWebSocket` never refuses a write. It buffers what the network doesn't take,
says so by `paused`, and counts it in `buffered`; the engine looks at that count and ends sessions
whose client doesn't read. A `WebSocketReceiver` whose handlers can't keep up returns false from
`receive`, and nothing is read from that client until `ready` returns.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from ackord.runtime.bounds.memory import Part
from ackord.runtime.protocol.engineio.prepared import Prepared


class CloseCode(IntEnum):
    """Why a WebSocket is closed (RFC 6455, 7.4.1, and the registry of IANA)."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    ABNORMAL = 1006
    """Never sent: stands for an end without a close frame."""
    INVALID_DATA = 1007
    """A text that isn't UTF-8."""
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012


class ServerWebSocket(Protocol):
    """One accepted WebSocket, as the engine writes to it.

    Writes never block, never raise and keep their order; what the network doesn't take yet is
    buffered and counted in `buffered`. The engine watches that count and closes connections that
    hold too much. After `close`, or once the peer is gone, writes are dropped silently.
    """

    __slots__ = ()

    @property
    def buffered(self) -> int:
        """Bytes that were accepted by a write and not yet taken by the network; those written in
        this turn of the event loop at least.

        Volatile events ask it: of several in one turn only the first goes out, as in the reference
        implementation.
        """
        ...

    @property
    def paused(self) -> bool:
        """Whether the network takes less than is written at present; the engine looks for too much
        in `buffered` only then.
        """
        ...

    def send(self, message: str | bytes) -> None:
        """Write one message: text for `str`, binary for `bytes`."""
        ...

    def send_prepared(self, prepared: Prepared) -> None:
        """Write a text message and its binary messages with nothing between them."""
        ...

    def close(self, code: int | None = None) -> None:
        """Close after what was written has gone out; `None` sends a close frame without a
        status.
        """
        ...

    def abort(self) -> None:
        """Drop the connection and what is buffered now."""
        ...


class WebSocketReceiver(Protocol):
    """The engine's end of one accepted WebSocket, as the transport calls it."""

    __slots__ = ()

    def receive(self, message: str | bytes) -> bool:
        """Take one whole message; never raises for anything that a peer can send.

        Return whether the transport may go on reading: if not, more events wait for handlers than
        may wait, until `ready` returns.
        """
        ...

    def oversized(self, size: int | None) -> None:
        """Called when the peer has sent a message of more bytes than the transport takes; `closed`
        follows.
        """
        ...

    def hold(self, part: Part, size: int) -> None:
        """Note how many bytes the transport holds in one part, 0 for none; `Part.OUTGOING` may be
        told only when it has become much.

        All clients together may hold too much: then the transport is aborted before this returns,
        and so it should be the last thing done.
        """
        ...

    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        """Called once, when the WebSocket is gone, by a close frame or without one.

        `is_violation` tells that this side closed it because the client broke the WebSocket
        protocol or sent a too large message.
        """
        ...

    async def ready(self) -> None:
        """Wait until the receiver takes more, or is gone."""
        ...
