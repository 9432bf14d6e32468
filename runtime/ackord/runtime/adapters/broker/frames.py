"""The frames between a worker and the broker.

A frame is the length of what follows in four bytes, a kind in one byte, and then

=============  ==========  ===========================================
kind           from        content
=============  ==========  ===========================================
`SUBSCRIBE`    a worker    number, channels
`UNSUBSCRIBE`  a worker    number, channels
`PUBLISH`      a worker    number, channel, data
`COUNT`        a worker    number, channel
`DONE`         the broker  number, and for `COUNT` a count
`MESSAGE`      the broker  channel, data
=============  ==========  ===========================================

with numbers and counts in four bytes, and channels as UTF-8 after their length in two bytes. Each
frame with a number is answered by `DONE` with that number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ackord.runtime.errors import AckordError

SUBSCRIBE: Final = 1
UNSUBSCRIBE: Final = 2
PUBLISH: Final = 3
COUNT: Final = 4
DONE: Final = 5
MESSAGE: Final = 6

MAX_FRAME: Final = 64_000_000
"""Bytes of one frame."""
MAX_CHANNEL: Final = 65_535
"""Bytes of a channel's name."""

_LENGTH: Final = 4


class FrameError(AckordError):
    """The other side doesn't keep to the frames."""


class FrameReader:
    """Cuts frames out of bytes; a frame that isn't whole is kept."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Return the kinds and contents of the frames that are whole now.

        Raises:
            FrameError: a frame is too long.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= _LENGTH:
                size = int.from_bytes(buffer[at : at + _LENGTH], "big")
                if not 0 < size <= MAX_FRAME:
                    raise FrameError("a frame has a wrong length")
                end = at + _LENGTH + size
                if end > len(buffer):
                    return
                yield buffer[at + _LENGTH], bytes(buffer[at + _LENGTH + 1 : end])
                at = end
        finally:
            del buffer[:at]


def frame(kind: int, *parts: bytes) -> bytes:
    """Write a frame."""
    size = 1 + sum(map(len, parts))
    return b"".join((size.to_bytes(4, "big"), kind.to_bytes(1, "big"), *parts))


def write_number(number: int) -> bytes:
    """Write a number, or a count."""
    return number.to_bytes(4, "big")


def read_number(content: bytes) -> int:
    """Read the number at the beginning of a content.

    Raises:
        FrameError: it is too short.
    """
    if len(content) < 4:
        raise FrameError("a frame is too short")
    return int.from_bytes(content[:4], "big")


def write_channel(channel: str) -> bytes:
    """Write the name of a channel.

    Raises:
        ValueError: it is too long, or has lone surrogates.
    """
    name = channel.encode()
    if len(name) > MAX_CHANNEL:
        raise ValueError("the name of a channel is too long")
    return len(name).to_bytes(2, "big") + name


def read_channel(content: bytes, at: int) -> tuple[bytes, int]:
    """Read the name of a channel; return it, and where it ends.

    Raises:
        FrameError: the content is too short.
    """
    begin = at + 2
    end = begin + int.from_bytes(content[at:begin], "big")
    if end > len(content) or begin > len(content):
        raise FrameError("a frame is too short")
    return content[begin:end], end


def read_channels(content: bytes, at: int) -> list[bytes]:
    """Read names of channels up to the end.

    Raises:
        FrameError: the content is too short.
    """
    channels: list[bytes] = []
    while at < len(content):
        channel, at = read_channel(content, at)
        channels.append(channel)
    return channels


def write_channels(channels: Iterable[str]) -> bytes:
    """Write names of channels."""
    return b"".join(map(write_channel, channels))
