"""A connector from a client to a server in the same process, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    Connector,
    HttpClient,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.engine.websocket import WebSocketReceiver
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.protocol.engineio.answers import is_final
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.server import Server
from ackord.runtime.tasks import TaskSet
from ackord.runtime.testing.memory import CAPACITY, MemoryServerWebSocket, MemoryWebSocket
from ackord.runtime.testing.memory_client import MemoryClientWebSocket, MemoryHttp
from ackord.runtime.testing.peer import RawPeer
from typing_extensions import override


class Link(Connector):
    """A `Connector` that leads to a `Server` in memory.

    Pass it as the `connector` of any client, typed or not; the URL's host doesn't matter::

        async with ChatClient("http://test", auth=ChatAuth(name="ada"), connector=Link(server)) as
        chat:
            ...

    Everything but the network is real: handshake, both transports, heartbeats, packets, limits,
    backpressure.
    Events of `server` that reach nobody are encoded, too, so that tests find invalid payloads.
    """

    def __init__(
        self, server: Server, *, address: str = "127.0.0.1", capacity: int = CAPACITY
    ) -> None:
        """Connect clients to `server`.

        Args:
            server: The server.
            address: The address of the clients.
            capacity: Bytes that may be on their way to the server before a client waits.
        """
        self._engine = server.engine
        self._application = _LinkedApp(server.engine)
        server.environment.checking.always = True
        self._address = address
        self._capacity = capacity
        self._tasks = TaskSet()

    @override
    async def open_websocket(
        self, url: str, headers: Mapping[str, str], receiver: TransportReceiver
    ) -> ClientWebSocket:
        return MemoryClientWebSocket(await self._open(url, headers), receiver)

    @override
    def open_http(self, url: str) -> HttpClient:
        return MemoryHttp(self._application, address=self._address)

    async def raw(
        self,
        *,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawPeer:
        """Open a WebSocket on which the test sends and receives packets itself; `query` is added to
        ``EIO=4&transport=websocket``.

        Raises:
            DisconnectedError: The server refused it.
        """
        parameters = {"EIO": "4", "transport": "websocket", **(query or {})}
        path = self._engine.options.prefix if path is None else path
        url = f"ws://test{path}?{urlencode(parameters)}"
        return RawPeer(await self._open(url, headers or {}), url=url)

    async def _open(self, url: str, headers: Mapping[str, str]) -> MemoryWebSocket:
        parts = urlsplit(url)
        if not parts.path.startswith(self._engine.options.prefix):
            raise TransportLostError(
                "transport error",
                f"the server refused the WebSocket: nothing is served at {parts.path!r}",
                is_final=True,
            )
        sent = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
        proxies = TrustedProxies(self._engine.options.trusted_proxies)
        address, secure = proxies.peer(self._address, sent, secure=parts.scheme == "wss")
        request = EngineRequest(
            url=f"{parts.path}?{parts.query}",
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=sent,
            address=address,
            client=proxies.identify(self._address, address, sent),
            secure=secure,
        )
        client, server = MemoryWebSocket.pair(capacity=self._capacity)
        try:
            receiver = await self._engine.open_websocket(request, MemoryServerWebSocket(server))
        except HandshakeRefusedError as error:
            raise TransportLostError(
                "transport error",
                f"the server refused the WebSocket: {error}",
                is_final=is_final(error.refusal.status, error.refusal.body),
            ) from error
        self._tasks.start(_serve(server, receiver))
        return client


class _LinkedApp(AsgiApp):
    """An application that no host starts, which is as it should be."""

    @override
    def _warn_unless_started(self) -> None:
        pass


async def _serve(websocket: MemoryWebSocket, receiver: WebSocketReceiver) -> None:
    """Pass messages to the receiver until the WebSocket closes, as an ASGI server does."""
    try:
        while True:
            if not receiver.receive(await websocket.receive()):
                await receiver.ready()
    except TransportLostError as error:
        receiver.closed(error.description)
    except asyncio.CancelledError:
        receiver.closed("the loop has ended")
        raise
