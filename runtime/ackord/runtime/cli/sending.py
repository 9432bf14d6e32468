"""An event that a verb sends: checked against the contract, if there is one, before anything is
sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ackord.runtime.cli.peer import Peer
from ackord.runtime.client.socket import ClientSocket
from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.payloads import decode_array

TIMEOUT: Final = 20.0
"""Seconds for connecting, and for an answer, unless an option or the contract says otherwise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The acknowledgement of an event."""

    reply: AckReply
    values: list[Any]
    is_reply_error: Callable[[AckReply], bool]

    @property
    def is_error(self) -> bool:
        """Whether the server answered with an error.

        Raises:
            InvalidAckError: the answer isn't as the contract declares.
        """
        return self.is_reply_error(self.reply)

    @property
    def error(self) -> str:
        """The code of the error, and its message."""
        error = self.values[0]["error"]
        message = error.get("message")
        has_message = isinstance(message, str) and message
        return f"{error['code']}: {message}" if has_message else error["code"]


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event that may be sent as it is."""

    encoded: EncodedEvent
    seconds: float | None
    """How long to wait for the acknowledgement; `None`: it asks for none."""
    is_reply_error: Callable[[AckReply], bool]

    async def send(self, socket: ClientSocket) -> Answer | None:
        """Send the event; return the acknowledgement, if it asks for one.

        Raises:
            AckordError: what `ClientSocket.request` raises.
        """
        if self.seconds is None:
            socket.send_event(self.encoded)
            return None
        reply, values = await socket.request(self.encoded, _decode, self.seconds)
        return Answer(reply, values, self.is_reply_error)


def prepare(
    peer: Peer, name: str, values: Sequence[Any], *, wants_ack: bool, timeout: float | None
) -> OutgoingEvent:
    """Return an event for a server; exit if it can't be sent, or isn't as the contract declares."""
    try:
        encoded = encode_plain_event(name, values)
    except AckordError as error:
        peer.fail(error)
    if peer.described is None:
        return OutgoingEvent(
            encoded, (timeout or TIMEOUT) if wants_ack else None, _looks_like_error
        )
    from ackord.runtime.cli.contract import check_arguments, is_error  # noqa: PLC0415  # slow

    event = peer.described.find_sent(name)
    check_arguments(event, encoded, len(values))
    seconds = (timeout or event.timeout) if wants_ack and event.acked else None
    return OutgoingEvent(encoded, seconds, partial(is_error, event))


def _decode(reply: AckReply) -> tuple[AckReply, list[Any]]:
    return reply, decode_array(*reply)


def _looks_like_error(reply: AckReply) -> bool:
    """Tell whether an acknowledgement is an error as Ackord's servers answer it
    (docs/decisions/0006).
    """
    match decode_array(*reply):
        case [{"error": {"code": str()}} as answer]:
            return len(answer) == 1
        case _:
            return False
