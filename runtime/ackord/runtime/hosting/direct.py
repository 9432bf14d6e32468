"""The seam between the ASGI application and a host whose WebSockets needn't go through ASGI."""

from __future__ import annotations

from typing import Final, Protocol

from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver

FAST_LANE: Final = "ackord.websocket"
"""The key of a `Lane` in the `extensions` of an ASGI scope."""


class Lane(Protocol):
    """A WebSocket whose handshake goes through ASGI, and whose frames don't.

    The application opens it, sends ``websocket.accept`` through ASGI's `send`, so that middlewares
    see and may change it, and attaches the receiver; then it returns, and the connection goes on
    without it.
    """

    def open(self) -> ServerWebSocket:
        """Return the WebSocket, which keeps what is written until it is accepted."""
        ...

    def decline(self) -> None:
        """Have everything go through ASGI after all: the handshake is refused."""
        ...

    def attach(self, receiver: WebSocketReceiver) -> bool:
        """Begin, ``websocket.accept`` having been sent; false if it didn't get through, and there
        is no connection.
        """
        ...
