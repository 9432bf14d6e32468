"""Scenarios of a client: what it receives, and what it asks, over a network that is a call."""

from __future__ import annotations

import itertools
from typing import Any

from ackord.runtime.client import Manager
from ackord.runtime.engine.client_transport import ClientWebSocket, TransportReceiver
from ackord.runtime.testing import OPEN_PACKET, RawServer
from ackord.runtime.websocket.network import NetworkWebSocket, Opened
from typing_extensions import override

from tests.bench.contract import BenchClient, Item
from tests.runtime.budget.messages import ITEM
from tests.runtime.budget.network import MemoryTransport
from tests.runtime.budget.scenario import Action, Scenario
from tests.runtime.budget.stage import Stage


class ServerEnd(RawServer):
    """Opens WebSockets over a transport whose other side is the test."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self._transport = MemoryTransport()
        self.manager = Manager("http://test", connector=self)

    @override
    async def open_websocket(
        self, url: str, headers: object, receiver: TransportReceiver
    ) -> ClientWebSocket:
        transport: Any = self._transport
        opened = Opened(transport, [], b"", None, is_lost=False)
        websocket = NetworkWebSocket(opened, receiver, 5.0, 1_000_000)
        self._stage.loop.call_soon(self.send, OPEN_PACKET)
        return websocket

    def connect(self, client: Any) -> None:
        """Have a client join ``/``."""
        self._stage.run(lambda: self._stage.loop.create_task(client.connect()))
        self._stage.run(lambda: self.send('40{"sid":"x"}'))
        assert client.socket.connected if isinstance(client, BenchClient) else client.connected
        self.take()

    def send(self, message: str) -> None:
        """Send a frame with a text."""
        payload = message.encode()
        size = len(payload)
        length = bytes((size,)) if size < 126 else bytes((126, size >> 8, size & 0xFF))
        self._transport.protocol.data_received(b"\x81" + length + payload)

    def take(self) -> bytes:
        """Return what the client has written since the last time."""
        written, self._transport.written = self._transport.written, b""
        return written


def heard(stage: Stage) -> Action:
    """A typed `async` handler takes an item."""
    server = ServerEnd(stage)
    client = BenchClient(server.manager)
    items: list[Item] = []

    @client.on_shouted
    async def shouted(item: Item) -> None:
        items.append(item)

    return _heard(server, client, items)


def plainly_heard(stage: Stage) -> Action:
    """A plain function without types takes an item."""
    server = ServerEnd(stage)
    socket = server.manager.socket()
    items: list[Any] = []
    socket.on("shouted", items.append)
    return _heard(server, socket, items)


def _heard(server: ServerEnd, client: Any, items: list[Any]) -> Action:
    server.connect(client)

    def check() -> None:
        assert len(items) == 1
        items.clear()

    packet = f'42["shouted",{ITEM}]'
    return Action(lambda: server.send(packet), check)


def call(*, typed: bool) -> Scenario:
    """A client sends an item, and awaits its acknowledgement, which comes in a later turn."""

    def scenario(stage: Stage) -> Action:
        server = ServerEnd(stage)
        socket = server.manager.socket() if not typed else None
        client = BenchClient(server.manager) if typed else None
        server.connect(client or socket)
        item = Item.model_validate_json(ITEM)
        plain = item.model_dump()
        answers: list[Any] = []
        ids = itertools.count()

        async def ask() -> None:
            if client is not None:
                answers.append(await client.echo(item))
            elif socket is not None:
                answers.append(await socket.emit_with_ack("echo", plain))

        def step() -> None:
            stage.loop.create_task(ask())
            stage.loop.call_later(0, server.send, f"43{next(ids)}[{ITEM}]")

        def check() -> None:
            assert server.take()
            assert answers == [item if typed else plain]
            answers.clear()

        return Action(step, check)

    return scenario
