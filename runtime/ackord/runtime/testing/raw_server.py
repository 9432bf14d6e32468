"""A server for tests of clients: it sends only the packets that the test sends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ackord.runtime.client.socket import ClientSocket
from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    Connector,
    HttpClient,
    HttpResponse,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.testing.memory import CAPACITY, MemoryWebSocket
from ackord.runtime.testing.memory_client import MemoryClientWebSocket, ScriptedHttp
from ackord.runtime.testing.peer import RawPeer
from ackord.runtime.testing.raw_request import RawRequest
from typing_extensions import override

OPEN_PACKET = (
    '0{"sid":"test","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
)
"""An open packet with Socket.IO's defaults."""


class RawServer(Connector):
    """A `Connector` whose server is the test: every WebSocket that a client opens is a `RawPeer` to
    `accept`, and every request of long-polling a `RawRequest` to `accept_request`.

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
        self._peers: asyncio.Queue[RawPeer] = asyncio.Queue()
        self._requests: asyncio.Queue[RawRequest] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refusal: str | None = None
        """If set, nothing opens, and this is why."""
        self.headers: Mapping[str, str] = {}
        """The headers of the last request."""

    def _enter(self) -> None:
        """Forget what was opened in an event loop that has ended."""
        running = asyncio.get_running_loop()
        if running is not self._loop:
            self._loop = running
            self._peers = asyncio.Queue()
            self._requests = asyncio.Queue()

    def _arrive(self, headers: Mapping[str, str]) -> None:
        self._enter()
        self.headers = headers
        if self.refusal is not None:
            raise TransportLostError("transport error", self.refusal, is_final=True)

    @override
    async def open_websocket(
        self, url: str, headers: Mapping[str, str], receiver: TransportReceiver
    ) -> ClientWebSocket:
        self._arrive(headers)
        client, server = MemoryWebSocket.pair(capacity=self._capacity)
        self._peers.put_nowait(RawPeer(server, url=url))
        return MemoryClientWebSocket(client, receiver)

    @override
    def open_http(self, url: str) -> HttpClient:
        return ScriptedHttp(self._answer)

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpResponse:
        self._arrive(headers)
        request = RawRequest(method, url, headers, body)
        self._requests.put_nowait(request)
        return await request.response()

    async def accept(self, *, timeout: float = 10.0) -> RawPeer:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for the next WebSocket that a client opens."""
        self._enter()
        async with asyncio.timeout(timeout):
            return await self._peers.get()

    async def accept_request(self, *, timeout: float = 10.0) -> RawRequest:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for the next request of long-polling."""
        self._enter()
        async with asyncio.timeout(timeout):
            return await self._requests.get()

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
