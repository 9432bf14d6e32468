"""An event that is encoded once, for one socket or many, in any namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.protocol.socketio.values import encode_value


class EncodedEvent:
    """Name, arguments as JSON text and attachments; namespace and ack id come with the packet."""

    __slots__ = ("absent", "arguments", "attachments", "name")

    def __init__(
        self, name: str, arguments: str, attachments: Sequence[bytes] = (), absent: int = 0
    ) -> None:
        """Take the JSON array of the EVENT packet, which begins with the name (``["hello",1]``),
        and what its placeholders stand for.

        `absent` is how many optional arguments were left out at the end; an argument that is
        appended later must not take their places.
        """
        self.name = name
        self.arguments = arguments
        self.attachments = attachments
        self.absent = absent


def check_name(name: Any) -> None:
    """Check that the name of an event is one.

    Raises:
        UsageError: it isn't a string.
    """
    if not isinstance(name, str):
        raise UsageError(f"the name of an event is a string, not {type(name).__name__!r}")


def check_event_name(name: str) -> None:
    """Check that an event with this name may be sent.

    Raises:
        ReservedEventError: nobody may send this name.
        UsageError: the name isn't a string.
    """
    if name.__class__ is not str:
        check_name(name)
    if name in RESERVED_EVENTS:
        raise ReservedEventError(name)


def encode_plain_event(name: str, values: Sequence[Any]) -> EncodedEvent:
    """Encode an event whose arguments are plain values: JSON and bytes.

    Raises:
        ReservedEventError: nobody may send this name.
        InvalidPayloadError: JSON can't hold a value.
        UsageError: the name isn't a string.
    """
    check_event_name(name)
    text, attachments = encode_value([name, *values])
    return EncodedEvent(name, text, attachments)
