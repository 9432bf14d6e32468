"""The seam between the ASGI application and a host whose WebSockets needn't go through ASGI."""

from __future__ import annotations

from typing import Final, Protocol

from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver

DIRECT_UPGRADE: Final = "ackord.websocket"
"""The key of a `DirectUpgrade` in the `extensions` of an ASGI scope."""


class DirectUpgrade(Protocol):
    """A WebSocket whose handshake goes through ASGI, and whose frames don't.

    1. The application calls `open`, and may write to the WebSocket.
    2. The application sends ``websocket.accept`` by ASGI's `send`, so that middlewares see the
       handshake and may change the answer.
    3. The application calls `attach` with the receiver of the messages, and returns; the connection
       goes on without the application.

    Where the application refuses the handshake, it calls `decline`, and goes on by ASGI.
    """

    __slots__ = ()

    def open(self) -> ServerWebSocket:
        """Return the WebSocket, which keeps what is written until the handshake is accepted."""
        ...

    def decline(self) -> None:
        """Have everything go through ASGI: the handshake is refused."""
        ...

    def attach(self, receiver: WebSocketReceiver) -> bool:
        """Begin to read, after ``websocket.accept`` was sent.

        Return false if that message didn't get through: there is no connection then.
        """
        ...
