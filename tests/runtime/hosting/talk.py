"""Raw HTTP with a server, written down: what two ways of serving must have in common, byte for
byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.hosting.uvicorn.polling import DirectRequest

from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import Connection, Served, serving, until

Script = Callable[["Talk"], Awaitable[None]]
"""What a client does."""

QUERY = "EIO=4&transport=polling"


class Talk:
    """A client's connections to one server; `received` has all that came, in the order in which the
    script asked for it.
    """

    def __init__(self, served: Served, *, cut: bool) -> None:
        self.served = served
        self.site = served.site
        self.received: list[bytes] = []
        self._cut = cut

    async def connect(self) -> Connection:
        connection = await self.served.connect()
        await until(lambda: not self._is_refused(connection))
        return connection

    async def send(self, connection: Connection, data: bytes | str) -> None:
        """Write, whole or one byte at a time."""
        data = data.replace("\n", "\r\n").encode() if isinstance(data, str) else data
        writer = connection[1]
        if not self._cut or len(data) > 5_000:
            writer.write(data)
            await writer.drain()
            return
        for byte in data:
            if self._is_refused(
                connection
            ):  # bytes that the server doesn't read would make it reset the connection
                return
            writer.write(bytes((byte,)))
            for _ in range(3):
                await asyncio.sleep(0)

    async def get(self, connection: Connection, query: str, more: str = "") -> None:
        await self.send(connection, f"GET /socket.io/?{query} HTTP/1.1\nHost: x\n{more}\n")

    async def post(
        self,
        connection: Connection,
        query: str,
        body: bytes,
        more: str = "",
        *,
        length: int | None = None,
    ) -> None:
        head = (
            f"POST /socket.io/?{query} HTTP/1.1\nHost: x\n"
            f"Content-Length: {len(body) if length is None else length}\n{more}\n"
        )
        await self.send(connection, head.replace("\n", "\r\n").encode() + body)

    async def receive(self, connection: Connection) -> int:
        """Read one response; return its status."""
        head = await connection[0].readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0
        )
        self.received.append(head + await connection[0].readexactly(length))
        return int(head.split()[1])

    async def end(self, connection: Connection) -> None:
        """Read until the server closes the connection."""
        try:
            rest = await connection[0].read()
        except ConnectionError:
            rest = b"reset"
        self.received.append(rest + b"<end>")

    async def open(self, connection: Connection | None = None, more: str = "") -> str:
        """Open a session; return the query string of its requests."""
        connection = connection or await self.connect()
        await self.get(connection, QUERY + more)
        assert await self.receive(connection) == 200
        return f"{QUERY}&sid={self.site.recorders[-1].socket.sid}{more}"

    async def parked(self, number: int = 0) -> None:
        """Wait until a GET waits for its answer."""
        await until(lambda: self.site.recorders[number].socket.writable)

    async def over(self) -> None:
        await self.served.gone()

    def _is_refused(self, connection: Connection) -> bool:
        name = connection[1].get_extra_info("sockname")
        transports: list[asyncio.Transport] = [
            each.transport for each in self.served.host.server_state.connections
        ]
        return not any(
            each.get_extra_info("peername") == name and not each.is_closing() for each in transports
        )

    def is_direct(self) -> bool:
        """Whether one of the connections serves, or served last, a request that didn't go through
        ASGI.
        """
        return any(
            isinstance(getattr(each, "cycle", None), DirectRequest)
            for each in self.served.host.server_state.connections
        )


def transcript(script: Script, *, hosting: str, **options: Any) -> list[Any]:
    """Play a script with a server that is hosted in one way, and return what `play_on` does."""
    return asyncio.run(play_on(hosting, script, **options))


async def play_on(
    hosting: str,
    script: Script,
    *,
    cut: bool = False,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> list[Any]:
    """Play a script with a server that is hosted in one way, and return all that can be seen of it:
    what was received, and what the upper layer was told.
    """
    numbers = count()

    def generate_id(request: EngineRequest) -> str:
        return f"session-{next(numbers)}"

    site = Site(echo=True, generate_id=generate_id, **options)
    host_settings = {"direct": hosting == "direct", "date_header": False, **(settings or {})}
    async with asyncio.timeout(20), serving(site, **host_settings) as served:
        talk = Talk(served, cut=cut)
        await script(talk)
        return [talk.received, [(recorder.log, recorder.ends) for recorder in site.recorders]]
