"""Sends events, on server and client, and handles their acknowledgements.

The rules:

- The pending ack is noted before the event is written, because the acknowledgement may come at
  once, and forgotten if writing raises.
- A callback with a timeout takes the error or `None` before the values, and is always called. A
  callback without a timeout takes the values, and isn't called without an acknowledgement.
- An acknowledgement that isn't JSON ends the connection, as every packet that isn't does (Socket.IO
  protocol v5, "Packet encoding"), whether it is awaited or not. It is decoded once, when it comes,
  by the caller's `decode`.
- Listeners for outgoing events are called after the event was written; they can't change or prevent
  it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ackord.runtime.errors import AckordError, InvalidAckError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply, PendingAcks
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.payloads import decode_array


class Sender(Protocol):
    """A socket that sends events, of a server or of a client."""

    @property
    def _any_outgoing(self) -> tuple[Registration, ...]:
        """The listeners for outgoing events."""
        ...

    def _call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        """Call a function of the application; exceptions are logged."""
        ...


def receive_ack(
    acks: PendingAcks | None, ack_id: int | None, payload: str, attachments: Sequence[bytes]
) -> None:
    """Take an ACK packet; an unknown ack id is ignored.

    Raises:
        PacketError: it ends the connection.
    """
    if ack_id is None or acks is None or not acks.receive(ack_id, payload, attachments):
        decode_array(payload, attachments)


def settle_callback(
    socket: Sender,
    callback: Registration,
    event: str,
    error_first: bool,
    outcome: AckReply | AckordError,
) -> None:
    """Call the callback of an event with its acknowledgement, or with the reason for which there is
    none.

    Raises:
        PacketError: the acknowledgement isn't JSON; it ends the connection.
    """
    if isinstance(outcome, AckordError):
        if error_first:
            socket._call_back(callback, (outcome,), event)
        return
    try:
        values = decode_array(*outcome)
    except PacketError as error:
        if error_first:
            socket._call_back(callback, (InvalidAckError(str(error)),), event)
        raise
    socket._call_back(callback, (None, *values) if error_first else values, event)


def decode_answer(reply: AckReply) -> Any:
    """Turn the arguments of an acknowledgement into the caller's result: one value, a tuple of
    several, or `None`.

    Raises:
        PacketError: it isn't a JSON array.
    """
    arguments = decode_array(*reply)
    return arguments[0] if len(arguments) == 1 else tuple(arguments) or None


def tell_outgoing(socket: Sender, event: EncodedEvent) -> None:
    """Call the listeners for outgoing events."""
    try:
        arguments = decode_array(event.arguments, event.attachments)
    except PacketError:
        # Deeper than this side reads; the event was written all the same.
        arguments = [event.name]
    for listener in socket._any_outgoing:
        socket._call_back(listener, arguments, event.name)
