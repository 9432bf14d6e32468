"""What attacks are made of: a port and an end, raw connections, and frames of any kind."""

from __future__ import annotations

import asyncio
import re
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tests.soak.links import PATH
from tests.soak.wire import HOST, GoneError, HttpConnection, WebSocket

POLLING: Final = PATH + "polling"
WEBSOCKET: Final = PATH + "websocket"
ADDRESS: Final = "X-Forwarded-For: 90.1.2.3\r\n"
"""Where an attacker with one address comes from, for servers behind a proxy."""
OK: Final = 200
AT_ONCE: Final = 50
"""Connections that are opened at a time."""
GRACE: Final = 0.2
"""Seconds for what was begun before the end."""

TEXT: Final = 0x81
CONTINUATION: Final = 0x00
PING: Final = 0x89


def frame(payload: str | bytes, first: int = TEXT, *, length: int | None = None) -> bytes:
    """Make a frame, masked by zeros; one with a `length` of its own is cut off, or begins the next
    frame too early.
    """
    data = payload.encode() if isinstance(payload, str) else payload
    size = len(data) if length is None else length
    if size < 126:
        return bytes((first, 0x80 | size, 0, 0, 0, 0)) + data
    if size < 65_536:
        return bytes((first, 0xFE)) + struct.pack("!HI", size, 0) + data
    return bytes((first, 0xFF)) + struct.pack("!QI", size, 0) + data


def request(method: str, target: str, headers: str = "", body: bytes = b"") -> bytes:
    """Make a request of HTTP."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{headers}{length}\r\n".encode() + body


class Pipe:
    """A TCP connection that says what it is told; what comes is counted and forgotten."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.statuses: Counter[str] = Counter()
        """Answers of HTTP by their status."""
        self._answered = asyncio.Event()
        self._has_ended = False
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        with suppress(OSError):
            while data := await self._reader.read(262_144):
                for status in re.findall(rb"HTTP/1\.1 (\d{3})", data):
                    self.statuses[status.decode()] += 1
                self._answered.set()
        self._has_ended = True
        self._answered.set()

    async def ask(self, data: bytes) -> None:
        """Write requests, as many as `data` has, and wait for their answers.

        Raises:
            OSError: the server has closed the connection.
        """
        wanted = self.statuses.total() + data.count(b" HTTP/1.1\r\n")
        await self.write(data)
        while self.statuses.total() < wanted:
            self._answered.clear()
            await self._answered.wait()
            if self._has_ended:
                raise ConnectionResetError

    async def write(self, data: bytes) -> None:
        """Write as fast as the network takes it.

        Raises:
            OSError: the server has closed the connection.
        """
        self._writer.write(data)
        await self._writer.drain()
        if self._has_ended:
            raise ConnectionResetError

    def abort(self) -> None:
        self._writer.transport.abort()
        self._reading.cancel()


@dataclass
class Aim:
    """Where an attack goes, how long it lasts at most, and what has been done."""

    port: int
    seconds: float
    """An attack ends then, or when it has done what it is for."""
    holding: float
    """Seconds for which an attack that is done keeps what it has opened."""
    share: float = 1.0
    """What counts of connections and messages are multiplied by: attacks in CI, and the bounds of
    their servers, are smaller.
    """
    done: Counter[str] = field(default_factory=Counter[str])
    """What was done how often, for the table."""

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds
        self._opened: list[WebSocket | Pipe] = []

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        return not self.left

    async def hold(self) -> None:
        """Keep what was opened for a while."""
        await asyncio.sleep(self.holding)

    def many(self, count: int) -> int:
        """Return the share of a count that is wanted here."""
        return max(1, round(self.share * count))

    async def end(self) -> None:
        """Drop all connections."""
        for each in self._opened:
            each.abort()
        await asyncio.sleep(0.01)  # the event loop closes them then

    async def pipe(self) -> Pipe:
        """Open a connection."""
        pipe = Pipe(*await asyncio.open_connection(HOST, self.port))
        self._opened.append(pipe)
        return pipe

    async def open(self, headers: str = ADDRESS) -> WebSocket:
        """Open a WebSocket, and read nothing."""
        websocket = await WebSocket.open(self.port, WEBSOCKET, headers)
        self._opened.append(websocket)
        return websocket

    async def websocket(self, *, joins: str | None = "/") -> WebSocket:
        """Open a WebSocket and join a namespace."""
        websocket = await self.open()
        await websocket.receive()
        if joins is not None:
            prefix = prefix_of(joins)
            websocket.send(f"40{prefix}")
            while not str(await websocket.receive()).startswith(f"40{prefix}"):
                pass
        return websocket

    async def each(
        self, count: int, act: Callable[[int], Awaitable[None]], at_once: int = AT_ONCE
    ) -> None:
        """Do something `count` times, some at a time, until the time is over; what the server
        refuses is counted.
        """
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                if self.is_over:
                    return
                try:
                    async with asyncio.timeout(self.left + GRACE):
                        await act(number)
                except TimeoutError:
                    self.done["unanswered at the end"] += 1
                except (GoneError, OSError) as error:
                    self.done[f"refused ({str(error)[:30] or type(error).__name__})"] += 1

        await asyncio.gather(*(work() for _ in range(min(count, at_once))))

    async def flood(
        self, write: Callable[[bytes], Awaitable[None]], pieces: Iterable[bytes], name: str
    ) -> None:
        """Write pieces until there are no more, the time is over, or the server has ended the
        connection.
        """
        try:
            async with asyncio.timeout(self.left):
                for piece in pieces:
                    await write(piece)
                    self.done[name] += 1
        except TimeoutError:
            pass
        except OSError:
            self.done["connections ended by the server"] += 1

    async def open_session(self, headers: str = "") -> tuple[Pipe, str]:
        """Open a polling session; return a connection and its id."""
        connection = HttpConnection(self.port, headers)
        try:
            status, body = await connection.request("GET", POLLING)
        finally:
            connection.abort()
        if status != OK:
            raise GoneError(f"handshake: {status}")
        return await self.pipe(), body.decode().split('"')[3]


def prefix_of(namespace: str) -> str:
    """Return what packets of a namespace have before their payload."""
    return "" if namespace == "/" else f"{namespace},"
