"""What a client emits, with flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ackord.runtime.protocol.socketio.event import encode_plain_event
from ackord.runtime.sockets.acks import AckCallback, check_timeout

if TYPE_CHECKING:
    from ackord.runtime.client.socket import ClientSocket


class ClientOperator:
    """A client's socket with flags for what is emitted; immutable."""

    __slots__ = ("_socket", "_timeout", "_volatile")

    def __init__(
        self, socket: ClientSocket, *, volatile: bool = False, timeout: float | None = None
    ) -> None:
        """Take the flags; `ClientSocket.volatile` and `ClientSocket.timeout` do that."""
        self._socket = socket
        self._volatile = volatile
        self._timeout = timeout

    @property
    def volatile(self) -> ClientOperator:
        """See `ClientSocket.volatile`."""
        return ClientOperator(self._socket, volatile=True, timeout=self._timeout)

    def timeout(self, seconds: float) -> ClientOperator:
        """See `ClientSocket.timeout`."""
        check_timeout(seconds)
        return ClientOperator(self._socket, volatile=self._volatile, timeout=seconds)

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Do what `ClientSocket.emit` does, with the flags."""
        self._socket.send_plain(
            encode_plain_event(name, values), ack, timeout=self._timeout, volatile=self._volatile
        )

    def send(self, *values: Any, ack: AckCallback | None = None) -> None:
        """Send the event ``message``; see `emit`."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any) -> Any:
        """Do what `ClientSocket.emit_with_ack` does, with the timeout."""
        return await self._socket.emit_with_ack(name, *values, timeout=self._timeout)
