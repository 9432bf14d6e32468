"""The contract between the server's engine and its WebSockets, both ways.

Backpressure: a `ServerWebSocket` never refuses a write. It buffers bytes that the network doesn't
take, and shows that by `paused` and `buffered`. The engine checks `buffered`, and closes sessions
whose client doesn't read. In the other direction, `WebSocketReceiver.receive` returns false when
handlers can't keep up; then the transport must read nothing more from that client until `ready`
returns.
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

    Writes never block, never raise and keep their order. After `close`, or once the peer is gone,
    writes are dropped silently.
    """

    __slots__ = ()

    @property
    def buffered(self) -> int:
        """Bytes that were written and that the network hasn't taken yet; more than 0 also if the
        network has taken everything but something was written in this turn of the event loop.

        So, of several volatile events in one turn, only the first is sent, as in the reference
        implementation.
        """
        ...

    @property
    def paused(self) -> bool:
        """Whether the network takes less than is written at present; the engine checks `buffered`
        only then.
        """
        ...

    def send(self, message: str | bytes) -> None:
        """Write one message: text for `str`, binary for `bytes`."""
        ...

    def send_prepared(self, prepared: Prepared) -> None:
        """Write a text message and its binary messages with nothing between them."""
        ...

    def close(self, code: int | None = None) -> None:
        """Close after all written messages have been sent; `None` sends a close frame without a
        status.
        """
        ...

    def abort(self) -> None:
        """Drop the connection and everything that is buffered."""
        ...


class WebSocketReceiver(Protocol):
    """The engine's end of one accepted WebSocket, as the transport calls it."""

    __slots__ = ()

    def receive(self, message: str | bytes) -> bool:
        """Take one whole message; never raises for anything that a peer can send.

        Return whether the transport may go on reading: false if too many events wait for handlers,
        until `ready` returns.
        """
        ...

    def oversized(self, size: int | None) -> None:
        """Called when the peer has sent a message that is too large, before `closed`; `size` is
        `None` if unknown.
        """
        ...

    def hold(self, part: Part, size: int) -> None:
        """Count the bytes that the transport holds in one part, 0 for none; of `Part.OUTGOING` only
        large amounts need be counted.

        If all clients together hold too much, the transport may be aborted before this returns, so
        the caller should do nothing after this call.
        """
        ...

    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        """Called once, when the WebSocket is gone, with or without a close frame.

        `is_violation` says that this side closed it because the client broke the WebSocket protocol
        or sent a too large message.
        """
        ...

    async def ready(self) -> None:
        """Wait until the receiver takes more messages, or is closed."""
        ...
