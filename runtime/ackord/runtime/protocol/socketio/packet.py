"""Socket.IO packets as text: ``<type>[<n>-][<namespace>,][<ack id>][<JSON>]`` (Socket.IO protocol
v5, "packet encoding").

The data path is plain functions over text.
Both ends carry a packet as the payload of an Engine.IO message, whose type digit ``4`` stands in
front: the encoders write it, and the scanner takes the index at which the Socket.IO packet begins,
so that neither side copies the text for it.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from ackord.runtime import compiled
from ackord.runtime.protocol.socketio.errors import AttachmentError, MalformedPacketError


class PacketType(IntEnum):
    """The first digit of a packet."""

    CONNECT = 0
    """Join a namespace, or the answer to it."""
    DISCONNECT = 1
    """Leave a namespace."""
    EVENT = 2
    """An event without attachments."""
    ACK = 3
    """The acknowledgement of an event."""
    CONNECT_ERROR = 4
    """The namespace can't be joined."""
    BINARY_EVENT = 5
    """An event with attachments."""
    BINARY_ACK = 6
    """An acknowledgement with attachments."""


class Packet(NamedTuple):
    """One whole packet; binary packets have become the type without attachments."""

    type: int
    """`PacketType`, never `BINARY_EVENT` or `BINARY_ACK`."""
    namespace: str
    """``/`` or ``/name``."""
    ack_id: int | None
    """The id of the acknowledgement, asked for or given."""
    payload: str
    """JSON text, or an empty string."""
    attachments: tuple[bytes, ...]
    """What the placeholders of `payload` stand for."""


PacketHeader: TypeAlias = tuple[int, int, str, int | None, int]
"""Type, number of attachments, namespace, ack id, index of the payload."""

MAX_ACK_DIGITS: Final = 15
"""Digits of an ack id: integers up to this length are exact in JavaScript (a bound:
CVE-2020-36049).
"""
MAX_ATTACHMENT_DIGITS: Final = 4
"""Digits of an attachment count; the count has a limit of its own."""
MAX_NAMESPACE: Final = 1000
"""Characters of a namespace's name."""

_TYPES: Final = {str(kind.value): kind.value for kind in PacketType}


_match_event: Final = re.compile(
    rf'42(?:(/[^,"]{{0,{MAX_NAMESPACE}}}),)?([0-9]{{0,{MAX_ACK_DIGITS}}})(\["([^"\\]*)".*)',
    re.DOTALL,
).match


def _split_event(message: str, /) -> tuple[str, int | None, str, str] | None:
    match = _match_event(message)
    if match is None:
        return None
    namespace, digits, payload, name = match.groups()
    return namespace or "/", int(digits) if digits else None, payload, name


split_event: Final = compiled.split_event or _split_event
"""Split an Engine.IO message that holds a common EVENT packet into the namespace, the ack id, the
JSON array and the event's name; `None` for any other message.

A message that gets `None` isn't wrong yet: `scan_header` and
`ackord.runtime.protocol.socketio.names.scan_event_name` read all packets, and check the limits.
"""


def scan_header(text: str, start: int = 0, max_namespace: int = MAX_NAMESPACE) -> PacketHeader:
    """Read the header of the packet that begins at `start`.

    Digits are ASCII digits only.
    An EVENT or ACK either has a JSON array as payload or ends after the header.

    Raises:
        PacketError: it isn't a header.
    """
    if text.startswith("2", start):
        # The common packet: an event of the main namespace.
        end = text.find("[", start + 1, start + MAX_ACK_DIGITS + 2)
        digits = text[start + 1 : end]
        if end != -1 and not digits:
            return 2, 0, "/", None, end
        if end != -1 and digits.isdigit() and digits.isascii():
            return 2, 0, "/", int(digits), end
    kind = _TYPES.get(text[start : start + 1])
    if kind is None:
        raise MalformedPacketError("unknown packet type")
    at = start + 1
    attachments = 0
    if kind >= PacketType.BINARY_EVENT:
        attachments, at = _scan_attachment_count(text, at)
    namespace = "/"
    if text.startswith("/", at):
        namespace, at = _scan_namespace(text, at, max_namespace)
    if kind in _WITHOUT_ACK_ID:
        return kind, attachments, namespace, None, at
    end = text.find("[", at, at + MAX_ACK_DIGITS + 1)
    digits = text[at:] if end == -1 else text[at:end]
    if not digits:
        return kind, attachments, namespace, None, len(text) if end == -1 else end
    if len(digits) > MAX_ACK_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise MalformedPacketError("bad ack id, or a payload that is no array")
    return kind, attachments, namespace, int(digits), len(text) if end == -1 else end


_WITHOUT_ACK_ID: Final = frozenset(
    {PacketType.CONNECT, PacketType.DISCONNECT, PacketType.CONNECT_ERROR}
)


def _scan_attachment_count(text: str, at: int) -> tuple[int, int]:
    end = text.find("-", at, at + MAX_ATTACHMENT_DIGITS + 1)
    digits = text[at:end] if end != -1 else ""
    if not (digits.isascii() and digits.isdigit()):
        raise AttachmentError("bad number of attachments")
    count = int(digits)
    if count == 0:
        raise AttachmentError("a binary packet without attachments")
    return count, end + 1


def _scan_namespace(text: str, at: int, limit: int) -> tuple[str, int]:
    end = text.find(",", at, at + limit + 1)
    if end != -1:
        return text[at:end], end + 1
    if len(text) - at > limit:
        raise MalformedPacketError("the namespace's name is too long")
    return text[at:], len(text)


def namespace_prefix(namespace: str) -> str:
    """Return what stands for a namespace in a header: nothing for ``/``."""
    return "" if namespace == "/" else f"{namespace},"


def encode_connect(prefix: str, payload: str = "") -> str:
    """Encode CONNECT; `prefix` is the result of `namespace_prefix`, here and below."""
    return f"40{prefix}{payload}"


def encode_disconnect(prefix: str) -> str:
    """Encode DISCONNECT."""
    return f"41{prefix}"


def encode_connect_error(prefix: str, payload: str) -> str:
    """Encode CONNECT_ERROR."""
    return f"44{prefix}{payload}"


def encode_event(
    prefix: str, arguments: str, attachments: int = 0, ack_id: int | None = None
) -> str:
    """Encode the text of EVENT or BINARY_EVENT, whose JSON array begins with the event's name."""
    number = "" if ack_id is None else ack_id
    return (
        f"45{attachments}-{prefix}{number}{arguments}"
        if attachments
        else f"42{prefix}{number}{arguments}"
    )


def encode_ack(prefix: str, ack_id: int, arguments: str, attachments: int = 0) -> str:
    """Encode the text of ACK or BINARY_ACK."""
    return (
        f"46{attachments}-{prefix}{ack_id}{arguments}"
        if attachments
        else f"43{prefix}{ack_id}{arguments}"
    )
