"""Just enough HTTP and WebSocket for thousands of clients in one process, over asyncio's
streams.
"""

from __future__ import annotations

import asyncio
import os
import struct
from contextlib import suppress
from typing import Final, cast

from websockets.speedups import apply_mask

HOST: Final = "127.0.0.1"


class GoneError(Exception):
    """The server has closed the connection, or refused a request."""


class HttpConnection:
    """One connection that is kept alive; one request at a time."""

    def __init__(self, port: int, headers: str = "") -> None:
        """Take the port and header lines that each request has, each with its line end."""
        self._port = port
        self._headers = headers
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def request(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request and return status and body of the answer; an idle connection that the
        server has closed is opened again.
        """
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"{self._headers}Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        for attempt in range(2):
            is_fresh = self._writer is None
            if self._writer is None or self._reader is None:
                self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
            reader = self._reader  # `abort` may come in between, when the answer is here already
            try:
                self._writer.write(head + body)
                answer = await reader.readuntil(b"\r\n\r\n")
            except (OSError, asyncio.IncompleteReadError) as error:
                self.abort()
                if is_fresh or attempt:
                    raise GoneError("no answer") from error
                continue
            return await self._finish(answer.lower(), reader)
        raise AssertionError("unreachable")

    async def _finish(self, head: bytes, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        try:
            body = await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise GoneError("half an answer") from error
        if b"connection: close" in head:
            self.abort()
        return int(head[9:12]), body

    def abort(self) -> None:
        """Drop the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


class WebSocket:
    """One WebSocket of a client, which has one mask for all its frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._mask = os.urandom(4)

    @classmethod
    async def open(cls, port: int, target: str, headers: str = "") -> WebSocket:
        """Shake hands; `headers` are header lines, each with its line end."""
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Upgrade: "
            "websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError) as error:
            writer.transport.abort()
            raise GoneError("no handshake") from error
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        if b" 101 " not in head:
            writer.transport.abort()
            raise GoneError(f"refused: {head[:40]!r}")
        return cls(reader, writer)

    def send(self, message: str | bytes) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        first = 0x82 if isinstance(message, bytes) else 0x81
        if len(data) < 126:
            head = bytes((first, 0x80 | len(data)))
        elif len(data) < 65_536:
            head = bytes((first, 0xFE)) + struct.pack("!H", len(data))
        else:
            head = bytes((first, 0xFF)) + struct.pack("!Q", len(data))
        if not self._writer.is_closing():
            self._writer.write(head + self._mask + apply_mask(data, self._mask))

    async def write(self, data: bytes) -> None:
        """Write bytes as they are, frames or pieces of frames, as fast as the network takes
        them.
        """
        self._writer.write(data)
        await self._writer.drain()

    async def read_away(self) -> None:
        """Take whatever comes, and look at nothing, until the server ends the connection."""
        with suppress(OSError):
            while await self._reader.read(1_000_000):
                pass

    async def receive(self) -> str | bytes:
        """Wait for a whole message; the server never fragments."""
        try:
            first, length = await self._reader.readexactly(2)
            if length == 126:
                [length] = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                [length] = struct.unpack("!Q", await self._reader.readexactly(8))
            data = await self._reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise GoneError("connection lost") from error
        if first == 0x88:
            raise GoneError(f"close frame {data!r}")
        return data if first == 0x82 else data.decode()

    def stop_reading(self) -> None:
        """Take nothing more, as a client that hangs."""
        cast("asyncio.Transport", self._writer.transport).pause_reading()

    def close(self) -> None:
        """Say goodbye, and hang up."""
        if not self._writer.is_closing():
            self._writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
            self._writer.close()

    def abort(self) -> None:
        """Drop the connection, as a train in a tunnel does."""
        self._writer.transport.abort()
