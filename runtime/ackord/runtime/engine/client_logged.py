"""A client's WebSocket whose packets are written to the log."""

from __future__ import annotations

from ackord.runtime.engine.client_websocket import ClientWebSocket
from ackord.runtime.logs.packets import PacketLog


class LoggedWebSocket:
    """A `ClientWebSocket` that writes what is sent and received."""

    def __init__(self, websocket: ClientWebSocket, packets: PacketLog) -> None:
        self._websocket = websocket
        self._packets = packets

    async def send(self, message: str | bytes) -> None:
        """See `ClientWebSocket.send`."""
        self._packets.sent(message)
        await self._websocket.send(message)

    async def receive(self) -> str | bytes:
        """See `ClientWebSocket.receive`."""
        message = await self._websocket.receive()
        self._packets.received(message)
        return message

    async def close(self) -> None:
        """See `ClientWebSocket.close`."""
        await self._websocket.close()
