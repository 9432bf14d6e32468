"""Frames as clients send them, and as they shouldn't."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

KEY: Final = b"\x37\xfa\x21\x3d"
TEXT: Final = 0x81
SHORTEST: Final = 0
"""Write the length in as few bytes as possible."""


def frame(
    payload: bytes,
    first: int = TEXT,
    key: bytes = KEY,
    width: int = SHORTEST,
    *,
    is_masked: bool = True,
    announced: int | None = None,
) -> bytes:
    """Build a frame; `width` is of the length (1, 2 or 8 bytes), `announced` another length than
    that of the payload.
    """
    length = len(payload) if announced is None else announced
    if width == SHORTEST:
        width = 1 if length < 126 else 2 if length < 65_536 else 8
    mask = 0x80 if is_masked else 0
    head = bytes((first, mask | {1: length & 0x7F, 2: 126, 8: 127}[width]))
    if width > 1:
        head += (length % 256**width).to_bytes(width, "big")
    if not is_masked:
        return head + payload
    return head + key + _mask(payload, key)


def _mask(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(keys)).to_bytes(size)


SIZES: Final = (
    0,
    1,
    3,
    7,
    8,
    9,
    15,
    16,
    17,
    124,
    125,
    126,
    127,
    128,
    4095,
    4096,
    65_535,
    65_536,
    65_537,
)
"""Sizes at which the head changes, or the way of unmasking."""

NOT_UTF_8: Final = {
    "a continuation alone": b"abcdefgh\x80",
    "a cut sequence of two": b"abcdefgh\xc3",
    "a cut sequence of four": b"\xf0\x9f\x98",
    "an overlong slash": b"\xc0\xaf",
    "an overlong slash of three bytes": b"\xe0\x80\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last character": b"\xf4\x90\x80\x80",
    "a byte that never occurs": b"12345678\xff",
    "an end that is wrong": "é".encode() * 40 + b"\xe2\x82",
}
UTF_8: Final = {
    "ASCII": b'42["message",{"id":1}]',
    "all of ASCII": bytes(range(128)),
    "two bytes": "äöü".encode(),
    "three bytes": "€".encode() * 11,
    "four bytes": "\U0001f600".encode(),
    "the last character": "\U0010ffff".encode(),
    "two bytes at the end of eight": b"abcdef" + "é".encode() + b"gh",
    "only the last is no ASCII": b"x" * 40 + "é".encode(),
    "noncharacters and zeros": b"\0\xef\xbf\xbf\0",
}


def corpus() -> Sequence[bytes]:
    """Return what a read may hold, each kind of trouble at least once."""
    whole = frame(b"before") + frame("später".encode())
    odd = [
        *(frame(b"x" * size, width=width) for size in SIZES for width in (SHORTEST, 2, 8) if width != 2 or size < 65_536),
        *(frame(b"1234567", first=first) for first in range(256)),
        *(frame(b"1234567", is_masked=False), frame(b"", is_masked=False), frame(b"", first=0x80), frame(b"", first=0x01)),
        *(frame(b"1234567", key=key) for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\x80")),
        *(frame(b"1234567", width=8, announced=length) for length in (2**31 - 1, 2**32, 2**63 - 15, 2**63 - 1, 2**63, 2**63 + 7, 2**64 - 14, 2**64 - 1)),
        *(frame(b"1234567", announced=length) for length in (0, 6, 8, 125)),
        *(frame(payload) for payload in (*NOT_UTF_8.values(), *UTF_8.values())),
    ]  # fmt: skip
    return [b"", whole, *odd, *(whole + one + whole for one in odd)]
