"""The engine's end of one WebSocket."""

from __future__ import annotations

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.socket import EngineSocket
from ackord.runtime.engine.websocket import ServerWebSocket
from ackord.runtime.protocol.engineio.packet import MESSAGE


class WebSocketEnd:
    """The engine's end of one WebSocket: a `WebSocketReceiver`, and the shortest way from it to the
    upper layer.
    """

    __slots__ = ("_handler", "_socket", "_websocket")

    def __init__(self, socket: EngineSocket, websocket: ServerWebSocket) -> None:
        self._socket = socket
        self._websocket = websocket
        self._handler = socket.handler

    def receive(self, message: str | bytes) -> bool:
        """Take one whole message; return whether the transport may go on reading."""
        socket = self._socket
        try:
            if len(message) <= socket.direct and socket.websocket is self._websocket:
                if isinstance(message, bytes):
                    return self._handler.receive_binary(message)
                if message[:1] == MESSAGE:
                    return self._handler.receive_text(message)
            socket.receive(self._websocket, message)
        except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
            socket.blame_handler(exc)
        return not self._handler.congested

    def oversized(self, size: int | None) -> None:
        """Learn that the client has sent a message of more bytes than the transport takes; `lost`
        follows.
        """
        self._socket.warn_of_size(size)

    def hold(self, part: Part, size: int) -> None:
        """Learn how many bytes the transport holds."""
        self._socket.hold(part, size)

    def lost(self, description: str | None = None, *, is_violation: bool = False) -> None:
        """Learn that the WebSocket is gone."""
        if is_violation:
            self._socket.warn_of_violation(description)
        self._socket.lose(self._websocket, description, is_violation=is_violation)

    async def ready(self) -> None:
        """Wait until more may be read."""
        await self._handler.ready()
