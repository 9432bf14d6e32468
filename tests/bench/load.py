"""A cheap load generator: just enough WebSocket and Socket.IO for the two workloads, in plain callbacks.

Frames to send are built once (the mask is zero, so masking changes nothing); of what arrives only the frame's length and the first
bytes of the packet are looked at.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Final, cast

from typing_extensions import override

PAYLOAD: Final = '{"id":123456,"text":"the quick brown fox jumps over the lazy dog, twice a day","tags":["alpha","beta"]}'
CONNECT: Final = 10.0
"""Seconds within which a client must be connected."""


def frame(text: str) -> bytes:
    """Build a client's text frame, masked with zeros."""
    data = text.encode()
    header = bytes((0x81, 0x80 | len(data))) if len(data) < 126 else bytes((0x81, 0xFE)) + struct.pack("!H", len(data))
    return header + b"\0\0\0\0" + data


ECHO: Final = frame(f'421["echo",{PAYLOAD}]')
SHOUT: Final = frame(f'42["shout",{PAYLOAD}]')
CONNECT_PACKET: Final = frame("40")
PONG: Final = frame("3")


class LoadClient(asyncio.Protocol):
    """One connection; `on_message` is called for each event and each acknowledgement."""

    def __init__(self) -> None:
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_message: Callable[[LoadClient], None] | None = None
        self._buffer = b""
        self._upgraded = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass
        self.transport.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )

    @override
    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        start = 0
        if not self._upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return
            assert data.startswith(b"HTTP/1.1 101"), data[:end]
            self._upgraded = True
            start = end + 4
        while len(data) - start >= 2:
            length, body = data[start + 1], start + 2
            if length == 126:
                if len(data) - body < 2:
                    break
                length, body = int.from_bytes(data[body : body + 2], "big"), body + 2
            if len(data) - body < length:
                break
            if data[start] == 0x81:
                self._receive(data[body : body + 2])
            start = body + length
        self._buffer = data[start:]

    def _receive(self, packet_type: bytes) -> None:
        if packet_type in {b"42", b"43"}:
            if self.on_message is not None:
                self.on_message(self)
        elif packet_type[:1] == b"0":
            self.transport.write(CONNECT_PACKET)
        elif packet_type[:1] == b"2":
            self.transport.write(PONG)
        elif packet_type == b"40":
            self.connected.set_result(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.connected.done():
            self.connected.set_exception(ConnectionError("the server closed the connection"))


async def connect(port: int, count: int) -> list[LoadClient]:
    """Open `count` connections and wait until each has its namespace."""
    loop = asyncio.get_running_loop()
    clients: list[LoadClient] = []
    for _ in range(count):
        _, client = await loop.create_connection(LoadClient, "127.0.0.1", port)
        async with asyncio.timeout(CONNECT):
            await client.connected
        clients.append(client)
    return clients


class Echo:
    """Every client sends, waits for its acknowledgement, and sends again."""

    title = "echo with ack, {clients} clients, 100 B"
    unit = ("message", "messages")
    clients = 100

    def __init__(self) -> None:
        self.count = 0

    def start(self, clients: list[LoadClient]) -> None:
        for client in clients:
            client.on_message = self._acked
            client.transport.write(ECHO)

    def _acked(self, client: LoadClient) -> None:
        self.count += 1
        client.transport.write(ECHO)


class Broadcast:
    """One client shouts; when all have heard it, it shouts again."""

    title = "broadcast to {clients}, 100 B"
    unit = ("delivery", "deliveries")
    clients = 200

    def __init__(self) -> None:
        self.count = 0
        self._waiting = 0

    def start(self, clients: list[LoadClient]) -> None:
        self._all = len(clients)
        self._waiting = self._all
        self._speaker = clients[0]
        for client in clients:
            client.on_message = self._heard
        self._speaker.transport.write(SHOUT)

    def _heard(self, client: LoadClient) -> None:
        self.count += 1
        self._waiting -= 1
        if self._waiting == 0:
            self._waiting = self._all
            self._speaker.transport.write(SHOUT)
