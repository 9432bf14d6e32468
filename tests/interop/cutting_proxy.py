"""A TCP proxy that cuts one connection at a given place, for tests of what a client does then."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, Self

Direction = Literal["up", "down"]
"""From the client to the server, or back."""
End = Literal["fin", "rst", "silence"]
"""A clean end of TCP, a reset, or a network that takes everything and delivers nothing: on all
connections that are open, since a client in its upgrade has two.
"""

ABORT: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: a socket that is closed sends a reset."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a connection is cut: after so many bytes in one direction, or after a piece of text."""

    direction: Direction
    after: int | bytes
    end: End = "fin"

    def find(self, seen: bytes) -> int | None:
        """Return how many of the bytes that were seen are still delivered; `None`: all, so far."""
        if isinstance(self.after, int):
            return self.after if len(seen) >= self.after else None
        found = seen.find(self.after)
        return None if found < 0 else found + len(self.after)


class CuttingProxy:
    """Forwards connections to a port of 127.0.0.1, until the place where one is to be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._silent: set[asyncio.StreamWriter] = set()
        self.cut: Cut | None = None
        """Where the next connection is cut that comes to this place; counted from when it is set.
        `None` once it was cut."""
        self.carried: Counter[Direction] = Counter()
        """Bytes that were delivered."""
        self.connections = 0
        self._clients: set[asyncio.StreamWriter] = set()
        self.refusing = False
        """Whether new connections are ended at once."""
        self.answer = b""
        """What the next connection gets instead of what the server answers, at its request."""

    def inject(self, data: bytes) -> None:
        """Send these bytes to all clients, as if the server had sent them."""
        for writer in self._clients:
            writer.write(data)

    def end_all(self) -> None:
        """Reset all connections."""
        for writer in list(self._ends):
            self._end("rst", writer)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._ends):
            writer.transport.abort()
        while self._ends:  # noqa: ASYNC110  # their tasks end in the next turns of the loop
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            writer.transport.abort()
            return
        if self.answer:
            await reader.read(65536)
            writer.write(self.answer)
            self.answer = b""
            writer.close()
            return
        try:
            answers, requests = await asyncio.open_connection("127.0.0.1", self._port)
        except BaseException as error:
            writer.transport.abort()
            if isinstance(error, OSError):
                return
            raise
        self._ends |= {writer: requests, requests: writer}
        self._clients.add(writer)
        try:
            with suppress(OSError):
                await asyncio.gather(
                    self._carry("up", reader, requests), self._carry("down", answers, writer)
                )
        finally:  # also if the test ends meanwhile
            self._clients.remove(writer)
            for end in (writer, requests):
                end.transport.abort()
                del self._ends[end]

    async def _carry(
        self, direction: Direction, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        seen = b""
        while data := await source.read(65536):
            if sink in self._silent or sink.is_closing():
                continue
            cut = self.cut
            if cut is None or cut.direction != direction:
                seen = b""
            else:
                seen += data
                end = cut.find(seen)
                if end is not None:
                    self.cut = None
                    data = data[: end - len(seen) + len(data)]  # the rest is lost
                    self._deliver(direction, data, sink)
                    self._end(cut.end, sink)
                    continue
            self._deliver(direction, data, sink)
        sink.close()

    def _deliver(self, direction: Direction, data: bytes, sink: asyncio.StreamWriter) -> None:
        self.carried[direction] += len(data)
        sink.write(data)

    def _end(self, end: End, sink: asyncio.StreamWriter) -> None:
        if end == "silence":
            self._silent.update(self._ends)
            return
        ends = (sink, self._ends[sink])
        self._silent.update(ends)
        for writer in ends:
            if end == "rst":
                tcp: socket.socket = writer.get_extra_info("socket")
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                writer.transport.abort()
            else:
                writer.close()
