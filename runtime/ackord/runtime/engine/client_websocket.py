"""What the client needs of the network: a way to open a WebSocket, and the WebSocket itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ackord.runtime.errors import DisconnectedError


class WebSocketLostError(DisconnectedError):
    """A WebSocket ended; raised by `ClientWebSocket` and never seen by applications."""

    def __init__(self, reason: str, description: str) -> None:
        """Take one of the disconnect reasons ``"transport close"`` and ``"transport error"``, and
        words for logs.
        """
        super().__init__(description, reason)
        self.reason: str = reason
        self.description = description


class ClientWebSocket(Protocol):
    """One open WebSocket, as a client uses it: one task receives and one sends."""

    __slots__ = ()

    async def send(self, message: str | bytes) -> None:
        """Send one message, text for `str` and binary for `bytes`; wait while the network takes no
        more.

        Raises:
            WebSocketLostError: The WebSocket has ended.
        """
        ...

    async def receive(self) -> str | bytes:
        """Wait for one whole message.

        Raises:
            WebSocketLostError: The WebSocket has ended, and all messages before its end were
                returned.
        """
        ...

    async def close(self) -> None:
        """Close with a handshake, within a bound, and without one after it; a second call does
        nothing. Never raises.
        """
        ...


class Connector(Protocol):
    """Opens WebSockets: over the network, or in memory for tests."""

    __slots__ = ()

    async def open(self, url: str, headers: Mapping[str, str]) -> ClientWebSocket:
        """Open a WebSocket to a ``ws`` or ``wss`` URL, sending these headers with the request.

        The caller bounds the time it takes by cancelling.

        Raises:
            DisconnectedError: It couldn't be opened; the message says why.
        """
        ...
