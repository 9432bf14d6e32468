"""Clients over polling and over a WebSocket that are driven in the same way, through the ASGI
application.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ackord.runtime.server import Server
from ackord.runtime.testing import run

from tests.runtime.engine.harness import Request, WebSocket

SEPARATOR = "\x1e"


class Client(Protocol):
    """A client whose session is open."""

    async def send(self, *messages: str | bytes) -> None:
        """Send messages; over polling, in one payload."""
        ...

    async def receive(self) -> str | bytes:
        """Wait for the next message."""
        ...

    async def vanish(self) -> None:
        """Lose the network."""
        ...

    async def closed(self) -> None:
        """Wait until the server has ended the session."""
        ...


class PollingClient:
    def __init__(self, app: Any) -> None:
        self._app = app
        self.query = "EIO=4&transport=polling"
        self._received: list[str | bytes] = []

    async def open(self) -> PollingClient:
        packet = await self.receive()
        assert isinstance(packet, str)
        self.query += "&sid=" + packet.split('"')[3]
        return self

    async def send(self, *messages: str | bytes) -> None:
        packets = [
            message if isinstance(message, str) else "b" + b64encode(message).decode()
            for message in messages
        ]
        self.status = (
            await Request(
                self._app, "POST", self.query, [SEPARATOR.join(packets).encode()]
            ).response()
        ).status

    async def receive(self) -> str | bytes:
        while not self._received:
            response = await Request(self._app, "GET", self.query).response()
            assert response.status == 200, response
            packets = response.text.split(SEPARATOR)
            self._received.extend(
                b64decode(packet[1:]) if packet.startswith("b") else packet for packet in packets
            )
        return self._received.pop(0)

    async def vanish(self) -> None:
        poll = Request(self._app, "GET", self.query)
        await asyncio.sleep(0.01)
        poll.disconnect()
        assert await poll.unanswered()

    async def closed(self) -> None:
        response = await Request(self._app, "GET", self.query).response()
        while response.status == 200:
            assert set(response.text.split(SEPARATOR)) <= {"1", "6"}, response
            response = await Request(self._app, "GET", self.query).response()
        assert response.status == 400


class WebSocketClient:
    def __init__(self, app: Any) -> None:
        self._websocket = WebSocket(app, "EIO=4&transport=websocket")

    async def open(self) -> WebSocketClient:
        await self._websocket.opening()
        packet = await self.receive()
        assert isinstance(packet, str)
        assert packet.startswith("0{")
        return self

    async def send(self, *messages: str | bytes) -> None:
        for message in messages:
            self._websocket.send(message)
        await asyncio.sleep(0)

    async def receive(self) -> str | bytes:
        return await self._websocket.receive()

    async def vanish(self) -> None:
        self._websocket.disconnect()
        await self._websocket.task

    async def closed(self) -> None:
        await self._websocket.task


TRANSPORTS: dict[str, Callable[[Any], PollingClient | WebSocketClient]] = {
    "polling": PollingClient,
    "websocket": WebSocketClient,
}


def play(
    server: Server,
    transport: str,
    scenario: Callable[[Client], Awaitable[Any]],
    *,
    join: bool = True,
) -> None:
    """Run a scenario with one client, in virtual time; it has joined the main namespace unless told
    otherwise.
    """

    async def main() -> None:
        client = await TRANSPORTS[transport](server.asgi()).open()
        if join:
            await client.send("40")
            assert str(await client.receive()).startswith('40{"sid":"')
        try:
            async with asyncio.timeout(1000):
                await scenario(client)
        finally:
            await server.close()
        assert len(server.environment.tasks) == 0

    run(main())
