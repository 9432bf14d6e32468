"""WebSocket frames as a client reads and writes them, where they are whole and common (RFC 6455,
5.2).

A server's frame is two bytes, a longer length where 125 isn't enough, and the data. A client's has
four bytes of mask before the data, which is masked by them (5.3). Everything else, such as
fragments, control frames, compression and violations, is read by the `websockets` library, one
whole frame at a time.
"""

from __future__ import annotations

from os import urandom
from typing import Final

from ackord.runtime.websocket.framing import is_padded

try:  # Masks are applied in C where the `websockets` library was built with it.
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

TEXT: Final = 0x81
"""The first byte of a whole text message."""
BINARY: Final = 0x82
"""The first byte of a whole binary message."""
CLOSE: Final = 0x88
"""The first byte of a close frame."""
_EMPTY_CLOSE: Final = bytes((CLOSE, 0))
_PLAIN_CLOSE: Final = bytes((CLOSE, 2))
_NO_CODE: Final = 1005
_PLAIN_CODES: Final = frozenset({1000, 1001, 1011, 1012, 1013})
LENGTH_OF_2: Final = 126
"""Lengths from here on are written in the 2 bytes that follow."""
_LENGTH_OF_8: Final = 127
_MASKED: Final = 0x80
_FINAL: Final = 0x80
_FIRST_CONTROL: Final = 0x08
_OPCODES: Final = frozenset((0x0, 0x1, 0x2, 0x8, 0x9, 0xA))
_MANY: Final = 65_536
_KEYS: Final = 1024


class MaskKeys:
    """Keys that nobody can foresee (RFC 6455, 5.3), read from the system many at a time."""

    __slots__ = ("_at", "_keys")

    def __init__(self) -> None:
        self._keys = b""
        self._at = 0

    def take(self) -> bytes:
        """Return the next key."""
        at = self._at
        if at >= len(self._keys):
            self._keys, at = urandom(4 * _KEYS), 0
        self._at = at + 4
        return self._keys[at : at + 4]


def encode_frame(first: int, payload: bytes, key: bytes) -> bytes:
    """Build a client's frame."""
    size = len(payload)
    if size < LENGTH_OF_2:
        head = bytes((first, _MASKED | size))
    elif size < _MANY:
        head = bytes((first, _MASKED | LENGTH_OF_2, size >> 8, size & 0xFF))
    else:
        head = bytes((first, _MASKED | _LENGTH_OF_8)) + size.to_bytes(8, "big")
    return b"".join((head, key, apply_mask(payload, key)))


def frame_end(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    """Return where the data of the server's frame at `at` begins, and where it ends: beyond `end`
    if the frame is cut, or 0 and where its length ends if not even that is there.
    """
    if end - at < 2:
        return 0, at + 2
    length = data[at + 1]
    body = at + 2
    if length == LENGTH_OF_2:
        body += 2
        if end < at + 4:
            return 0, at + 4
        length = data[at + 2] << 8 | data[at + 3]
    elif length == _LENGTH_OF_8:
        body += 8
        if end < at + 10:
            return 0, at + 10
        length = int.from_bytes(data[at + 2 : at + 10], "big")
    return body, body + length


def is_wrong(data: bytes | bytearray, at: int, end: int, *, may_be_compressed: bool) -> bool:
    """Whether the beginning of a frame tells that it breaks the protocol, whatever follows:
    reserved bits, an opcode without a meaning, a mask, a control frame that is fragmented or long,
    a length in more bytes than it needs (RFC 6455, 5.2 and 5.5).
    """
    first = data[at]
    opcode = first & 0x0F
    if first & (0x30 if may_be_compressed else 0x70) or opcode not in _OPCODES:
        return True
    if end - at < 2:
        return False
    second = data[at + 1]
    if second & _MASKED:
        return True
    if opcode >= _FIRST_CONTROL:
        return first < _FINAL or second >= LENGTH_OF_2
    return is_padded(data, at)


def plain_close_code(frame: bytes) -> int | None:
    """Return the code of a close frame that has no text, and one of the common codes or none, which
    is 1005; `None` for any other frame (RFC 6455, 5.5.1 and 7.1.5).
    """
    if frame == _EMPTY_CLOSE:
        return _NO_CODE
    if len(frame) != 4 or frame[:2] != _PLAIN_CLOSE:
        return None
    code = int.from_bytes(frame[2:])
    return code if code in _PLAIN_CODES else None
