"""Events to one socket, with flags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ackord.runtime.adapters.base import BroadcastFlags
from ackord.runtime.protocol.socketio.event import encode_plain_event
from ackord.runtime.server.broadcast import BroadcastOperator
from ackord.runtime.server.others import ReachingOthers
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, check_timeout
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket


@dataclass(frozen=True, slots=True)
class DirectFlags:
    """How an event to one socket is sent."""

    volatile: bool = False
    compress: bool = True
    timeout: float | None = None


class DirectOperator(ReachingOthers):
    """One socket, with flags for what is sent to it; immutable.

    `to`, `except_` and `broadcast` lead to the others, with the same flags.
    """

    __slots__ = ("_flags", "_socket")

    def __init__(self, socket: Socket, flags: DirectFlags) -> None:
        self._socket = socket
        self._flags = flags

    @property
    def volatile(self) -> DirectOperator:
        """Drop the event unless the socket can take it at once."""
        return DirectOperator(self._socket, replace(self._flags, volatile=True))

    def compress(self, compress: bool) -> DirectOperator:
        """Say whether the transport may compress the event."""
        return DirectOperator(self._socket, replace(self._flags, compress=compress))

    def timeout(self, seconds: float) -> DirectOperator:
        """Bound the wait for the acknowledgement; a callback then takes an error first."""
        check_timeout(seconds)
        return DirectOperator(self._socket, replace(self._flags, timeout=seconds))

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Do what `Socket.emit` does, with the flags."""
        flags = self._flags
        event = encode_plain_event(name, values)
        self._socket.send_plain(
            event, ack, timeout=flags.timeout, volatile=flags.volatile, compress=flags.compress
        )

    def send(self, *values: Any, ack: AckCallback | None = None) -> None:
        """Send the event ``message``."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # Socket.IO's timeout
        """Do what `Socket.emit_with_ack` does, with the flags."""
        flags = self._flags
        seconds = flags.timeout if timeout is None else timeout
        return await self._socket.ask_plain(
            encode_plain_event(name, values),
            seconds,
            volatile=flags.volatile,
            compress=flags.compress,
        )

    @property
    @override
    def broadcast(self) -> BroadcastOperator:
        """Everybody but this socket, with the same flags."""
        flags = BroadcastFlags(volatile=self._flags.volatile, compress=self._flags.compress)
        timeout = DEFAULT_ACK_TIMEOUT if self._flags.timeout is None else self._flags.timeout
        return BroadcastOperator(self._socket.namespace, flags=flags, timeout=timeout).except_(
            self._socket.id
        )
