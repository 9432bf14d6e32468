"""The network's place: takes what is written, at once, and keeps it until a test takes it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ackord.runtime.protocol.engineio.prepared import Prepared
from typing_extensions import override

_ADDRESSES: Final = {"peername": ("127.0.0.1", 50_000), "sockname": ("127.0.0.1", 8000)}


class MemoryWebSocket:
    """A `ServerWebSocket` whose client has read everything already."""

    __slots__ = ("buffered", "paused", "written")

    def __init__(self) -> None:
        self.buffered = 0
        self.paused = False
        self.written = ""

    def send(self, message: str | bytes) -> None:
        self.written += str(message)

    def send_prepared(self, prepared: Prepared) -> None:
        self.written += prepared.text

    def close(self, code: int | None = None) -> None:
        self.written += f"closed: {code}"

    def abort(self) -> None:
        self.written += "aborted"


class MemoryTransport(asyncio.Transport):
    """The transport of a TCP connection whose client has read everything already."""

    __slots__ = ("is_closed", "protocol", "written")

    def __init__(self) -> None:
        super().__init__(_ADDRESSES)
        self.protocol: Any = None
        self.written = b""
        self.is_closed = False

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written += data

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def is_closing(self) -> bool:
        return self.is_closed

    @override
    def close(self) -> None:
        self.is_closed = True

    @override
    def abort(self) -> None:
        self.is_closed = True

    @override
    def pause_reading(self) -> None:
        pass

    @override
    def resume_reading(self) -> None:
        pass
