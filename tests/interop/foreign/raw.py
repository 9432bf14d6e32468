"""A raw client of a server that is hosted in one of the ways: writes the bytes of a foreign
client, and reads what comes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from ackord.runtime.server import ConnectionStateRecovery, Server, Socket

from tests import hosts
from tests.runtime.hosting.network import Connection, frame, masked, until

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
POLLING: Final = "EIO=4&transport=polling"
WEBSOCKET: Final = "EIO=4&transport=websocket"


class Site:
    """A server that echoes, in the namespaces ``/`` and ``/admin``; `ends` has the reasons of
    disconnections.
    """

    def __init__(self, hosting: hosts.Hosting, recovery: ConnectionStateRecovery | None) -> None:
        self.server = Server(cors_origins=["file://"], connection_state_recovery=recovery)
        self._writers: list[asyncio.StreamWriter] = []
        self.ends: list[str] = []
        self.auth: list[object] = []
        for namespace in (self.server.main, self.server.of("/admin")):
            namespace.on("connection", self._connected)
        self.host = hosts.host(self.server.asgi(), hosting, port=0)

    def _connected(self, socket: Socket) -> None:
        self.auth.append(socket.handshake.auth)

        def echo(value: Any) -> Any:
            socket.emit("echo", value)
            return value

        socket.on("echo", echo)
        socket.on("disconnect", self.ends.append)

    async def connect(self) -> Raw:
        port: int = self.host.servers[0].sockets[0].getsockname()[1]
        connection = await asyncio.open_connection("127.0.0.1", port)
        self._writers.append(connection[1])
        return Raw(connection)

    async def leave(self) -> None:
        """Close the clients' connections."""
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


class Raw:
    """One TCP connection."""

    def __init__(self, connection: Connection) -> None:
        self.reader, self.writer = connection

    async def request(
        self,
        method: str,
        query: str,
        headers: str = "",
        body: str = "",
        *,
        host: str = "example.org",
    ) -> tuple[int, str]:
        """Send a request, `headers` being lines; return status and body."""
        self.begin(method, query, headers, body, host=host)
        return await self.response()

    def begin(
        self,
        method: str,
        query: str,
        headers: str = "",
        body: str = "",
        *,
        host: str = "example.org",
    ) -> None:
        length = f"Content-Length: {len(body)}\n" if body else ""
        head = f"{method} /socket.io/?{query} HTTP/1.1\nHost: {host}\n{headers}{length}\n"
        self.writer.write(head.replace("\n", "\r\n").encode() + body.encode())

    async def response(self) -> tuple[int, str]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split()[1]), (await self.reader.readexactly(size)).decode()

    async def open_polling(self, query: str = POLLING, headers: str = "") -> str:
        """Open a session; return its id."""
        status, body = await self.request("GET", query, headers)
        assert status == 200
        sid: str = json.loads(body[1:])["sid"]
        return sid

    async def upgrade(
        self,
        query: str,
        headers: str = "",
        *,
        host: str = "example.org",
        connection: str = "Upgrade",
    ) -> str:
        """Open a WebSocket; return the head of the answer, in lower case."""
        lines = (
            f"Connection: {connection}\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
            f"Sec-WebSocket-Key: {KEY}\n{headers}"
        )
        self.begin("GET", query, lines, host=host)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert " 101 " in head, head
        return head

    def send(self, *messages: str | bytes) -> None:
        """Write frames in one piece."""
        self.writer.write(
            b"".join(
                masked(0x81, each.encode()) if isinstance(each, str) else masked(0x82, each)
                for each in messages
            )
        )

    async def receive(self) -> str | bytes:
        first, payload = await frame(self.reader)
        assert first in {0x81, 0x82}, (first, payload)
        return payload.decode() if first == 0x81 else payload

    async def expect(self, *messages: str | bytes) -> None:
        """Receive these; a text that ends with an ellipsis is only a beginning."""
        for expected in messages:
            message = await self.receive()
            if isinstance(expected, str) and expected.endswith("…"):
                assert isinstance(message, str)
                message = message[: len(expected) - 1] + "…"
            assert message == expected

    def close(self, payload: bytes = b"") -> None:
        self.writer.write(masked(0x88, payload))


def play(
    hosting: hosts.Hosting,
    script: Callable[[Site], Awaitable[None]],
    *,
    recovery: ConnectionStateRecovery | None = None,
) -> None:
    """Play a script against a server hosted in this way."""

    async def main() -> None:
        site = Site(hosting, recovery)
        task = asyncio.create_task(site.host.serve())
        await until(lambda: site.host.started)
        try:
            async with asyncio.timeout(20):
                await script(site)
        finally:
            await site.leave()
            site.host.should_exit = True
            await task

    asyncio.run(main())
