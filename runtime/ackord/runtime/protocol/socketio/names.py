"""Event names: which are reserved, and how one is read from a packet."""

from __future__ import annotations

from json import JSONDecoder
from typing import Final

from ackord.runtime.protocol.socketio.errors import EventNameError, MalformedPayloadError

RESERVED_EVENTS: Final = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
"""Names that neither side may send (Socket.IO's emit cheatsheet); ``error``, ``connection`` and
``*`` are plain events on the wire.
"""

MAX_EVENT_NAME: Final = 1000
"""Characters of an event name that are read by default."""

_SPACE: Final = " \t\n\r"
_decode_first = JSONDecoder().raw_decode


def scan_event_name(payload: str, limit: int = MAX_EVENT_NAME) -> str:
    """Return the name of the event whose JSON array is `payload`; a number's name is its text, as
    in JavaScript.

    Only the array's first item is looked at.

    Raises:
        MalformedPayloadError: the array is empty, or its first item is neither a string nor a
            number.
        EventNameError: the name is reserved or too long.
    """
    end = payload.find('"', 2, limit + 3) if payload.startswith('["') else -1
    name = payload[2:end] if end != -1 else "\\"
    if "\\" in name:
        name = _scan_unusual_name(payload, limit)
        check_event_name(name, limit)
    elif name in RESERVED_EVENTS:  # and it isn't too long
        check_event_name(name, limit)
    return name


def check_event_name(name: str, limit: int = MAX_EVENT_NAME) -> None:
    """Check the name of an incoming event.

    Raises:
        EventNameError: the name is reserved or too long.
    """
    if len(name) > limit:
        raise EventNameError("the event name is too long")
    if name in RESERVED_EVENTS:
        raise EventNameError(f"{name!r} is reserved")


def _scan_unusual_name(payload: str, limit: int) -> str:
    start = 1
    while payload[start : start + 1] and payload[start] in _SPACE:
        start += 1
    if payload[:1] != "[" or payload[start : start + 1] not in {*'"-0123456789'}:
        raise MalformedPayloadError("an EVENT's first item must be a string or a number")
    # An escaped character has at most twelve characters of text, so a longer text can't be a valid
    # name.
    try:
        value, _ = _decode_first(payload[start : start + 12 * limit + 2])
    except ValueError as error:
        raise EventNameError("the event name is too long, or no JSON") from error
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
