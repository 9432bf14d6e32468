"""Untyped events to one peer: `emit`, `send` and `emit_with_ack`, of servers and clients, with
flags or without.
"""

from __future__ import annotations

from typing import Any

from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.sockets.acks import AckCallback


class UntypedEmitter:
    """Sends untyped events to one peer."""

    __slots__ = ()

    def _send_plain(self, event: EncodedEvent, ack: AckCallback | None) -> None:
        """Send an encoded event, with a callback for its acknowledgement."""
        raise NotImplementedError

    async def _ask_plain(self, event: EncodedEvent, timeout: float | None) -> Any:  # noqa: ASYNC109  # a timer, no task
        """Send an encoded event and return the peer's answer."""
        raise NotImplementedError

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event: any number of values that JSON can hold, bytes anywhere in them.

        `ack` is called with the peer's answer, and not at all if the connection ends first, unless
        there is a `timeout`. A client that is `active` without a connection keeps the event for the
        next one.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
            SlowConsumerError: too many acknowledgements are awaited from this peer already, or of a
                client, too much waits for the network or for a lost connection.
            DisconnectedError: a client isn't connected, nor `active`; a server drops the event.
        """
        self._send_plain(encode_plain_event(name, values), ack)

    def send(self, *values: Any, ack: AckCallback | None = None) -> None:
        """Send the event ``message``; see `emit`."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event and return the peer's answer: one value, a tuple of several, or `None`.

        Raises:
            AckTimeoutError: no answer came in `timeout` seconds, 20 by default; of a client, the
                option `ack_timeout`.
            DisconnectedError: the connection ended first.
            InvalidAckError: the answer isn't JSON.
        """
        return await self._ask_plain(encode_plain_event(name, values), timeout)
