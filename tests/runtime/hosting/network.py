"""uvicorn on 127.0.0.1, and raw clients for it."""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ackord.runtime.hosting import Host, configure

from tests.runtime.engine.harness import Site

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Served:
    def __init__(self, site: Site, host: Host) -> None:
        self.site = site
        self.host = host
        self.port = host.port
        """Where clients connect; that of a proxy, if one is put between."""
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, tls: ssl.SSLContext | None = None) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls)
        self._writers.append(writer)
        return reader, writer

    async def request(self, text: str, body: bytes = b"") -> tuple[int, bytes]:
        reader, writer = await self.connect()
        writer.write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return await response(reader)

    async def get(self, query: str, headers: str = "") -> tuple[int, bytes]:
        return await self.request(f"GET /socket.io/?{query} HTTP/1.1\nHost: x{headers}")

    async def open_polling(self, headers: str = "") -> str:
        _, body = await self.get("EIO=4&transport=polling", headers)
        sid: str = json.loads(body[1:])["sid"]
        return f"EIO=4&transport=polling&sid={sid}"

    async def websocket(
        self, query: str = "EIO=4&transport=websocket", headers: str = ""
    ) -> Connection:
        reader, writer = await self.connect()
        head = (
            f"GET /socket.io/?{query} HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n"
            f"Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=={headers}\n\n"
        )
        writer.write(head.replace("\n", "\r\n").encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def open_websocket(self, headers: str = "") -> Connection:
        reader, writer = await self.websocket(headers=headers)
        assert (await frame(reader))[1].startswith(b"0{")
        return reader, writer

    @property
    def transports(self) -> list[asyncio.Transport]:
        """The server's ends of all connections."""
        connections: set[Any] = set(self.host.server_state.connections)
        return [connection.transport for connection in connections]

    async def gone(self, sessions: int = 0) -> None:
        """Wait until no more than so many sessions are left."""
        await until(lambda: self.site.engine.sessions <= sessions)

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
            # What the server reads no more would wait for the kernel's next probe of a window that
            # is closed.
            writer.transport.abort()
            try:
                await writer.wait_closed()
            except OSError:
                continue


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the other end of a connection brings about: five seconds at most, those in
    which the process stands still aside.
    """
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


async def response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second
    if length == 126:
        [length] = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        [length] = struct.unpack("!Q", await reader.readexactly(8))
    return first, await reader.readexactly(length)


def masked(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        head = bytes([first, 0x80 | length])
    elif length < 65536:
        head = bytes([first, 0xFE]) + struct.pack("!H", length)
    else:
        head = bytes([first, 0xFF]) + struct.pack("!Q", length)
    return head + b"\0\0\0\0" + payload


def play(
    scenario: Callable[[Served], Awaitable[None]],
    *,
    echo: bool = True,
    settings: Mapping[str, Any] | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    **options: Any,
) -> None:
    """Run a scenario; `settings` go to `configure`, `options` to the engine."""

    async def main() -> None:
        async with (
            asyncio.timeout(20),
            serving(Site(echo=echo, **options), **(settings or {})) as served,
        ):
            await scenario(served)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


@asynccontextmanager
async def serving(site: Site, **settings: Any) -> AsyncGenerator[Served]:
    settings.setdefault("graceful_timeout", 2)
    host = configure(site.app, port=0, **settings)
    task = asyncio.create_task(host.serve())
    await until(lambda: host.started or task.done())
    served = Served(site, host)
    try:
        yield served
    finally:
        host.should_exit = True
        await served.close()
        await task
