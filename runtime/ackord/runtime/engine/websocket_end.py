"""The engine's end of one WebSocket."""

from __future__ import annotations

from ackord.runtime.engine.socket import EngineSocket
from ackord.runtime.engineio.packet import MESSAGE
from ackord.runtime.engineio.state import State
from ackord.runtime.transports.base import ServerWebSocket


class WebSocketEnd:
    """The engine's end of one WebSocket: a `WebSocketReceiver`, and the shortest way from it to the upper layer."""

    __slots__ = ("_handler", "_heartbeat", "_session", "_short", "_socket", "_websocket")

    def __init__(self, socket: EngineSocket, websocket: ServerWebSocket) -> None:
        self._socket = socket
        self._websocket = websocket
        self._session = socket.session
        self._heartbeat = socket.session.heartbeat
        self._handler = socket.handler
        # No character has more than four bytes in UTF-8: up to this length a text needn't be measured.
        # The first message takes the long way whatever its length: it tells that somebody is there.
        self._short = -1 if socket.is_half_open else socket.max_payload // 4

    def receive(self, message: str | bytes) -> bool:
        """Take one whole message; return whether the transport may go on reading."""
        socket = self._socket
        if (
            socket.websocket is not self._websocket
            or self._session.state is not State.WEBSOCKET
            or self._heartbeat.lenient
            or len(message) > self._short
        ):
            socket.receive(self._websocket, message)
            if self._short < 0 and not socket.is_half_open:
                self._short = socket.max_payload // 4
            return not self._handler.congested
        try:
            if isinstance(message, bytes):
                return self._handler.receive_binary(message)
            if message[:1] == MESSAGE:
                return self._handler.receive_text(message)
            socket.receive(self._websocket, message)
        except Exception as exc:  # noqa: BLE001 - nothing of one client may reach another
            socket.blame_handler(exc)
        return not self._handler.congested

    def lost(self, description: str | None = None) -> None:
        """Learn that the WebSocket is gone."""
        self._socket.lose(self._websocket, description)

    async def ready(self) -> None:
        """Wait until more may be read."""
        await self._handler.ready()
