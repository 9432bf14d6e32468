"""A client's WebSocket whose packets are written to the log."""

from __future__ import annotations

from ackord.runtime.engine.client_websocket import ClientWebSocket
from ackord.runtime.logs.packets import PacketLog
from typing_extensions import override


class LoggedWebSocket(ClientWebSocket):
    """A `ClientWebSocket` that writes what is sent and received."""

    def __init__(self, websocket: ClientWebSocket, packets: PacketLog) -> None:
        self._websocket = websocket
        self._packets = packets

    @override
    async def send(self, message: str | bytes) -> None:
        self._packets.sent(message)
        await self._websocket.send(message)

    @override
    async def receive(self) -> str | bytes:
        message = await self._websocket.receive()
        self._packets.received(message)
        return message

    @override
    async def close(self) -> None:
        await self._websocket.close()
