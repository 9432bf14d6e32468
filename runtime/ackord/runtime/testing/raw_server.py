"""A server for tests of clients: it sends only the packets that the test sends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ackord.runtime.client.socket import ClientSocket
from ackord.runtime.engine.client_websocket import ClientWebSocket
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.testing.memory import CAPACITY, MemoryWebSocket
from ackord.runtime.testing.peer import RawPeer

OPEN_PACKET = (
    '0{"sid":"test","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
)
"""An open packet with Socket.IO's defaults."""


class RawServer:
    """A `Connector` whose server is the test itself: for every WebSocket that a client opens,
    `accept` returns a `RawPeer`.

    ::

        server = RawServer()
        socket = connect("http://test", connector=server)
        peer = await server.join(socket)
        await peer.send('42["hello","world"]')

    `join` does the usual handshake; after `accept` the test does the handshake itself.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        """Make a server; `capacity` is the number of bytes that may be on their way before a sender
        waits.
        """
        self._capacity = capacity
        self._queue: asyncio.Queue[RawPeer] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refusal: str | None = None
        """If set, opening a WebSocket fails with this reason."""
        self.headers: Mapping[str, str] = {}
        """The headers of the last request."""

    @property
    def _opened(self) -> asyncio.Queue[RawPeer]:
        """The WebSockets that were opened in the running event loop."""
        running = asyncio.get_running_loop()
        if running is not self._loop:
            self._loop = running
            self._queue = asyncio.Queue()
        return self._queue

    async def open(self, url: str, headers: Mapping[str, str]) -> ClientWebSocket:
        """Open a WebSocket for a client; see `Connector.open`."""
        self.headers = headers
        if self.refusal is not None:
            raise DisconnectedError(self.refusal)
        client, server = MemoryWebSocket.pair(capacity=self._capacity)
        await self._opened.put(RawPeer(server, url=url))
        return client

    async def accept(self, *, timeout: float = 10.0) -> RawPeer:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for the next WebSocket that a client opens."""
        async with asyncio.timeout(timeout):
            return await self._opened.get()

    async def join(self, socket: ClientSocket, *, sid: str = "test") -> RawPeer:
        """Connect a socket over a WebSocket of its own, and answer its CONNECT."""
        async with asyncio.TaskGroup() as group:
            connecting = group.create_task(socket.connect())
            peer = await self.accept()
            await peer.send(OPEN_PACKET)
            header, _, _ = (await peer.receive_text()).partition("{")
            await peer.send(f'{header}{{"sid":"{sid}"}}')
            await connecting
        return peer
