"""An event that is ready to be sent, to one socket or to many, in whatever namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ackord.runtime.errors import ReservedEventError
from ackord.runtime.socketio.names import RESERVED_EVENTS
from ackord.runtime.socketio.values import encode_value


class EncodedEvent:
    """Name, arguments as JSON text and attachments; namespace and ack id come with the packet."""

    __slots__ = ("arguments", "attachments", "name")

    def __init__(self, name: str, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Take the JSON array of the EVENT packet, which begins with the name (``["hello",1]``), and what its placeholders stand for."""
        self.name = name
        self.arguments = arguments
        self.attachments = attachments


def encode_plain_event(name: str, values: Sequence[Any]) -> EncodedEvent:
    """Encode an event whose arguments are plain values: JSON and bytes.

    Raises:
        ReservedEventError: nobody may send this name.
        InvalidPayloadError: JSON can't hold a value.
    """
    if name in RESERVED_EVENTS:
        raise ReservedEventError(name)
    text, attachments = encode_value([name, *values])
    return EncodedEvent(name, text, attachments)
