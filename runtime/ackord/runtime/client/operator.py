"""What a client emits, with flags."""

from __future__ import annotations

from typing import Any

from ackord.runtime.client.outbox import Outbox
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckCallback, check_timeout
from ackord.runtime.sockets.emitter import UntypedEmitter
from ackord.runtime.sockets.outgoing import decode_answer
from typing_extensions import override


class ClientOperator(UntypedEmitter):
    """A client's socket with flags for what is emitted; immutable."""

    __slots__ = ("_outbox", "_timeout", "_volatile")

    def __init__(
        self, outbox: Outbox, *, volatile: bool = False, timeout: float | None = None
    ) -> None:
        """Take the flags; `ClientSocket.volatile` and `ClientSocket.timeout` do that."""
        self._outbox = outbox
        self._volatile = volatile
        self._timeout = timeout

    @property
    def volatile(self) -> ClientOperator:
        """Emit only if the event would go out at once: it is dropped while disconnected, or while
        the network is busy.
        """
        return ClientOperator(self._outbox, volatile=True, timeout=self._timeout)

    def timeout(self, seconds: float) -> ClientOperator:
        """Bound the time that an acknowledgement may take; see `ClientSocket.timeout`."""
        check_timeout(seconds)
        return ClientOperator(self._outbox, volatile=self._volatile, timeout=seconds)

    @override
    def _send_plain(self, event: EncodedEvent, ack: AckCallback | None) -> None:
        if ack is None:
            self._outbox.send(event, volatile=self._volatile)
        else:
            self._outbox.send_with_callback(event, ack, self._timeout, volatile=self._volatile)

    @override
    async def _ask_plain(self, event: EncodedEvent, timeout: float | None) -> Any:
        seconds = self._timeout if timeout is None else timeout
        if seconds is None:
            seconds = self._outbox.ack_timeout
        return await self._outbox.request(event, decode_answer, seconds)
