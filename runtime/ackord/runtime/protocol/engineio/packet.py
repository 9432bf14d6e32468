"""Packets and payloads of Engine.IO v4.

A packet is one WebSocket message: a `str` that begins with the type digit, or `bytes`, which always
have the type "message". There is no class for it: the data path passes these values on as they are.

A payload is the body of a polling request or response (Engine.IO v4, "payload"): packets joined by
``U+001E``, binary ones as ``b`` and base64. Text in a payload isn't escaped, so packets mustn't
contain the separator; JSON never does. A payload is read packet by packet: those before the first
malformed one count.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from ackord.runtime.protocol.engineio.errors import MalformedPacketError

Packet: TypeAlias = str | bytes
"""A text packet, type digit included, or the data of a binary message."""

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
MESSAGE: Final = "4"
UPGRADE: Final = "5"
NOOP: Final = "6"

PING_PROBE: Final = "2probe"
PONG_PROBE: Final = "3probe"

SEPARATOR: Final = "\x1e"
_BINARY: Final = "b"
_TYPES: Final = frozenset((OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP))


def decode_packet(text: str) -> Packet:
    """Check one text packet; return it as it is, or the bytes that it holds as base64.

    Raises:
        MalformedPacketError: the type is unknown, the packet is empty, or the base64 isn't.
    """
    first = text[:1]
    if first in _TYPES:
        return text
    if first == _BINARY:
        try:
            return b64decode(text[1:], validate=True)
        except (Base64Error, ValueError) as exc:
            raise MalformedPacketError(f"binary packet isn't base64: {exc}") from exc
    raise MalformedPacketError(f"unknown packet type {first!r}" if first else "empty packet")


def encode_packet(packet: Packet) -> str:
    """Return the packet as text: what a polling payload holds, and a WebSocket of a client that
    asked for base64.
    """
    return packet if isinstance(packet, str) else _BINARY + b64encode(packet).decode("ascii")


def decode_payload(body: bytes) -> Iterator[Packet]:
    """Yield the packets of a payload up to the first bad one.

    Raises:
        MalformedPacketError: at the first packet that is malformed, or at once if the body isn't
            UTF-8; what was yielded before holds.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as exc:
        raise MalformedPacketError("payload isn't UTF-8") from exc
    start = 0
    # One packet at a time: a body of a million separators must not become a million strings before
    # the first is refused.
    while (end := text.find(SEPARATOR, start)) >= 0:
        yield decode_packet(text[start:end])
        start = end + 1
    yield decode_packet(text[start:])


def encode_payload(packets: Iterable[Packet]) -> str:
    """Join packets to the body of a polling request or response.

    A text packet that itself contains ``U+001E`` can't be told from two packets: the protocol has
    no escape, and JSON never contains it.
    """
    return SEPARATOR.join(map(encode_packet, packets))


def utf8_length(text: str) -> int:
    """Count the bytes of a text in UTF-8, without encoding where that can be avoided."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
