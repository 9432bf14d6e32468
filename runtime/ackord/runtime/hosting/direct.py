"""The contract between the ASGI application and a host that serves WebSockets past ASGI."""

from __future__ import annotations

from typing import Final, Protocol

from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver

DIRECT_UPGRADE: Final = "ackord.websocket"
"""The key of a `DirectUpgrade` in the `extensions` of an ASGI scope."""


class DirectUpgrade(Protocol):
    """A WebSocket whose handshake goes through ASGI, and whose frames go past it.

    1. The application calls `open`, and may write to the WebSocket.
    2. The application sends ``websocket.accept`` by ASGI's `send`, so that middlewares see the
       handshake and may change the answer.
    3. The application calls `attach` with the receiver of the messages, and returns; the connection
       goes on.

    To refuse the handshake, the application calls `decline`, and answers by ASGI.
    """

    __slots__ = ()

    def open(self) -> ServerWebSocket:
        """Return the WebSocket, which buffers messages until the handshake is accepted."""
        ...

    def decline(self) -> None:
        """Let all messages go through ASGI, because the handshake is refused."""
        ...

    def attach(self, receiver: WebSocketReceiver) -> bool:
        """Begin to read, after ``websocket.accept`` was sent.

        Return false if that message wasn't sent: then there is no connection.
        """
        ...
