"""Common WebSocket frames: whole, unfragmented text and binary messages, PING and PONG (RFC 6455,
5.2 and 5.5).

A frame of a client has two bytes, a longer length if 125 isn't enough, four bytes of mask, and the
masked data; frames of a server aren't masked. The functions here read a frame only if it is whole
and common, and say so if it isn't. All other frames are read by the `websockets` library, in
`ackord.runtime.websocket.uncommon`.
"""

from __future__ import annotations

from typing import Final

from ackord.runtime import compiled
from ackord.runtime.protocol.engineio.prepared import Prepared
from websockets.frames import Opcode

try:  # Masks (RFC 6455, 5.3) are applied in C where the `websockets` library was built with it.
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

_FINAL: Final = 0x80
_TEXT: Final = _FINAL | 0x01
_BINARY: Final = _FINAL | 0x02
_COMMON: Final = (_TEXT, _BINARY)
_PING: Final = _FINAL | 0x09
_PONG: Final = _FINAL | 0x0A
_CONTROLS: Final = (_PING, _PONG)
_OPCODES: Final = frozenset(Opcode)

_MASKED: Final = 0x80  # the bit beside the length in a client's frame
LENGTH_OF_2: Final = 126
"""Lengths from here on are written in the 2 bytes that follow."""
_LENGTH_OF_8: Final = 127
_LENGTH: Final = 0x7F
_LONGEST: Final = 2**64
_BEFORE_THE_KEY: Final = {LENGTH_OF_2: 4, _LENGTH_OF_8: 10}
"""Bytes of a head that tell the size of the frame, by the length in its second byte; 2 for other
lengths.
"""
LONGEST_HEAD: Final = 14
"""Bytes of the longest head of a client's frame."""
_MANY: Final = 65_536

_LARGE: Final = 4096
"""Bytes from which on a view of a payload is cheaper than a copy."""

TEXT_HEADS: Final = [bytes((_TEXT, length)) for length in range(LENGTH_OF_2)]
"""The heads of a server's short text frames, by the length of the text."""


def _take_text(data: bytes | bytearray, max_size: int, /) -> str | None:
    size = len(data) - 6
    if (
        0 <= size < LENGTH_OF_2
        and data[1] - _MASKED == size
        and data[0] == _TEXT
        and size <= max_size
    ):
        try:
            return apply_mask(data[6:], data[2:6]).decode()
        except UnicodeDecodeError:
            return None
    return None


take_text: Final = compiled.take_text or _take_text
"""Return the text of a client's frame if `data` is exactly one short text frame, as most reads are;
`None` for anything else.
"""


def _take_texts(
    data: bytes | bytearray, at: int, max_size: int, limit: int, /
) -> tuple[list[str], int]:
    texts: list[str] = []
    end = len(data)
    try:
        for _ in range(limit):
            if end - at < 6 or data[at] != _TEXT:
                break
            length = data[at + 1] - _MASKED
            if (
                0 <= length < LENGTH_OF_2
                and (stop := at + 6 + length) <= end
                and length <= max_size
            ):
                # As `next_message`, without the call.
                text = apply_mask(data[at + 6 : stop], data[at + 2 : at + 6]).decode()
            else:
                message, stop = next_message(data, at, end, max_size)
                if not isinstance(message, str):
                    break
                text = message
            texts.append(text)
            at = stop
    except UnicodeDecodeError:
        pass  # `next_message` tells of it, when its turn has come
    return texts, at


take_texts: Final = compiled.take_texts or _take_texts
"""Take at most `limit` whole text messages of a client from index `at` of `data` on; return them,
and the index of the next frame.

Stops at the first frame that isn't whole, isn't text, is larger than `max_size`, or isn't UTF-8.
"""


def next_message(
    data: bytes | bytearray, at: int, end: int, max_size: int
) -> tuple[str | bytes | None, int]:
    """Return the message of the client's frame at `at`, and the index of the next frame; `None` if
    the frame isn't whole, or isn't a common one.

    Raises:
        UnicodeDecodeError: the frame holds text, and it isn't UTF-8.
    """
    if end - at < 6:
        return None, at
    first = data[at]
    length = data[at + 1] - _MASKED
    body = at + 6
    if length == LENGTH_OF_2:
        body = at + 8
        length = data[at + 2] << 8 | data[at + 3]
        if length < LENGTH_OF_2:
            return None, at
    elif length == _LENGTH_OF_8:
        body = at + 14
        length = int.from_bytes(data[at + 2 : at + 10], "big")
        if length < _MANY:
            return None, at
    elif length < 0:
        return None, at
    stop = body + length
    if stop > end or length > max_size or first not in _COMMON:
        return None, at
    if length < _LARGE:
        payload = apply_mask(data[body:stop], data[body - 4 : body])
    else:
        with memoryview(data) as view:
            payload = apply_mask(view[body:stop], data[body - 4 : body])
    return (payload.decode() if first == _TEXT else payload), stop


def next_control(data: bytes | bytearray, at: int, end: int) -> tuple[bytes, int]:
    """Return the PONG that answers the client's PING at `at`, or nothing for a PONG, and the index
    of the next frame. For any other frame, that index is `at`.
    """
    length = data[at + 1] - _MASKED if end - at >= 6 else -1
    stop = at + 6 + length
    if not 0 <= length < LENGTH_OF_2 or stop > end or data[at] not in _CONTROLS:
        return b"", at
    if data[at] == _PONG:
        return b"", stop
    return bytes((_PONG, length)) + apply_mask(data[at + 6 : stop], data[at + 2 : at + 6]), stop


def frame_size(data: bytes | bytearray, at: int, end: int, limit: int) -> int:
    """Return how many bytes the client's frame at `at` takes at least; 0 if its beginning is wrong.

    If the head isn't whole, this is how many bytes are needed to learn more: after at most three
    calls the size of the frame is known. `limit` is the largest payload that is taken.
    """
    if end - at < 2:
        return 2
    if data[at] & 0x0F not in _OPCODES:
        return 0
    head = 6
    length = data[at + 1] - _MASKED
    if length < 0:
        return 0
    if length >= LENGTH_OF_2:
        head = 8 if length == LENGTH_OF_2 else 14
        if end - at < head - 4:
            return head - 4
        if is_padded(data, at):
            return 0
        length = int.from_bytes(data[at + 2 : at + head - 4], "big")
    return 0 if length > limit else head + length


def is_padded(data: bytes | bytearray, at: int) -> bool:
    """Whether a frame's length is written in more bytes than it needs (RFC 6455, 5.2); false while
    its head is cut.
    """
    end = len(data)
    if end - at >= 4 and data[at + 1] & _LENGTH == LENGTH_OF_2:
        return data[at + 2] == 0 and data[at + 3] < LENGTH_OF_2
    return (
        end - at >= 10 and data[at + 1] & _LENGTH == _LENGTH_OF_8 and not any(data[at + 2 : at + 8])
    )


class FrameCutter:
    """Cuts a client's bytes into frames, so that each frame is handled before the next one is
    looked at.
    """

    __slots__ = ("is_padded", "missing", "pending")

    def __init__(self) -> None:
        self.pending = bytearray()
        """The bytes that wait to be taken."""
        self.missing = 0
        """Bytes of the frame whose beginning was taken."""
        self.is_padded = False
        """Whether the length of the frame that was taken last is written in more bytes than it
        needs.
        """

    def put(self, data: bytes | bytearray) -> None:
        """Add bytes that were read."""
        self.pending += data

    def take(self) -> bytearray | None:
        """Return the next frame, or the part of it that is there, whose rest follows; `None` while
        the size of the frame is unknown.

        If the next frame is wrong, all bytes are returned.
        """
        data = self.pending
        end = len(data)
        size = self.missing
        if not size:
            if end < 2 or end < _BEFORE_THE_KEY.get(data[1] & _LENGTH, 2):
                return None
            self.is_padded = is_padded(data, 0)
            size = frame_size(data, 0, end, _LONGEST) or end
        elif not end:
            return None
        self.missing = max(0, size - end)
        piece = data[:size]
        del data[:size]
        return piece


def encode_text(text: str) -> bytes:
    """Build a server's text frame."""
    payload = text.encode()
    length = len(payload)
    return (TEXT_HEADS[length] if length < LENGTH_OF_2 else _head(_TEXT, length)) + payload


def encode_binary(payload: bytes) -> bytes:
    """Build a server's binary frame."""
    return _head(_BINARY, len(payload)) + payload


def prepare(prepared: Prepared) -> bytes:
    """Build the frames of a prepared message, once: its text, and its attachments with nothing
    between them.
    """
    wire = encode_text(prepared.text)
    if prepared.attachments:
        wire += b"".join(
            [part for data in prepared.attachments for part in (_head(_BINARY, len(data)), data)]
        )
    prepared.wire = wire
    return wire


def _head(first: int, length: int) -> bytes:
    if length < LENGTH_OF_2:
        return bytes((first, length))
    if length < _MANY:
        return bytes((first, LENGTH_OF_2, length >> 8, length & 0xFF))
    return bytes((first, _LENGTH_OF_8)) + length.to_bytes(8, "big")
