"""What a client emits, with flags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, AckReply, check_timeout
from ackord.runtime.sockets.emitter import UntypedEmitter
from ackord.runtime.sockets.outgoing import decode_answer
from typing_extensions import override

T = TypeVar("T")


class EventSender(Protocol):
    """A socket that sends encoded events; `ClientSocket` says what each method does."""

    def send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
    ) -> None:
        """Send an event, with a callback for its acknowledgement."""
        ...

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an event and return what `decode` makes of its acknowledgement."""
        ...


class ClientOperator(UntypedEmitter):
    """A client's socket with flags for what is emitted; immutable."""

    __slots__ = ("_socket", "_timeout", "_volatile")

    def __init__(
        self, socket: EventSender, *, volatile: bool = False, timeout: float | None = None
    ) -> None:
        """Take the flags; `ClientSocket.volatile` and `ClientSocket.timeout` do that."""
        self._socket = socket
        self._volatile = volatile
        self._timeout = timeout

    @property
    def volatile(self) -> ClientOperator:
        """Emit only if the event would go out at once: it is dropped while disconnected, or while
        the network is busy.
        """
        return ClientOperator(self._socket, volatile=True, timeout=self._timeout)

    def timeout(self, seconds: float) -> ClientOperator:
        """Bound the time that an acknowledgement may take; see `ClientSocket.timeout`."""
        check_timeout(seconds)
        return ClientOperator(self._socket, volatile=self._volatile, timeout=seconds)

    @override
    def _send_plain(self, event: EncodedEvent, ack: AckCallback | None) -> None:
        self._socket.send_plain(event, ack, timeout=self._timeout, volatile=self._volatile)

    @override
    async def _ask_plain(self, event: EncodedEvent, timeout: float | None) -> Any:
        seconds = self._timeout if timeout is None else timeout
        return await self._socket.request(
            event, decode_answer, DEFAULT_ACK_TIMEOUT if seconds is None else seconds
        )
