"""Sends the events of one client socket: at once, when the connection is there again, or once more
until they are acknowledged.

The rules (socket.io-client, "Offline behavior", "Delivery guarantees"):

- While the namespace is joined, an event goes to the network at once.
- While a connection is opened, or opened again, events wait in a bounded buffer. They are sent in
  order when the namespace is joined, before anything that is emitted after that.
- A volatile event is dropped instead, also while the network takes nothing.
- When the connection is lost, who waits for the acknowledgement of an event that was sent gets a
  `DisconnectedError`: nobody knows whether the server has handled it. Acknowledgements of events
  that still wait in the buffer can come yet. Their timeouts run all the time.
- With `retries`, events that aren't volatile go through a queue instead (`RetryQueue`).
- When nobody connects any more, all that waits fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from ackord.runtime.client.contracts import SocketOptions
from ackord.runtime.client.offline import OfflineEvent
from ackord.runtime.client.retries import RetryQueue
from ackord.runtime.containment import contain
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import AckordError, DisconnectedError, InvalidPayloadError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import Packet, encode_event
from ackord.runtime.sockets.acks import AckCallback, AckReply, AwaitedAnswer, PendingAcks, Settle
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.outgoing import Sender, receive_ack, settle_callback, tell_outgoing

T = TypeVar("T")

_NOT_CONNECTED: Final = "the client isn't connected"
_HOW_TO_CONNECT: Final = (
    "first `await client.connect()`, or use it within `async with`; a client that blocks has the "
    "same without `await` and `async`"
)


class Outbox:
    """The events that a socket sends, and the acknowledgements that it waits for."""

    __slots__ = (
        "_acks",
        "_buffer",
        "_connection",
        "_keeps",
        "_log",
        "_next_ack_id",
        "_options",
        "_prefix",
        "_retries",
        "_socket",
    )

    def __init__(
        self, socket: Sender, prefix: str, options: SocketOptions, log: LimitedLog
    ) -> None:
        """Send for `socket`, whose namespace `prefix` stands for in packets."""
        self._socket = socket
        self._prefix = prefix
        self._options = options
        self._log = log
        self._acks = PendingAcks(options.max_pending_acks)
        self._buffer = options.make_buffer(self._acks.is_awaited)
        self._retries = (
            RetryQueue(self, options.retries, options.max_offline_events)
            if options.retries
            else None
        )
        self._connection: Connection | None = None
        """The connection over which the namespace is joined."""
        self._keeps = False
        """Whether events wait while there is none: somebody connects."""
        self._next_ack_id = 0

    @property
    def ack_timeout(self) -> float:
        """Seconds that an acknowledgement may take unless a call says otherwise."""
        return self._options.ack_timeout

    # Where the connection stands

    def connecting(self) -> None:
        """Called when somebody begins to connect: events wait from now on."""
        self._keeps = True

    def follow(self, backlog: Backlog) -> None:
        """Take the count of what waits on a connection on which acknowledgements will come."""
        self._acks.follow(backlog)

    def joined(self, connection: Connection) -> None:
        """Called when the namespace is joined: what has waited is sent."""
        self._connection = connection
        while self._connection is connection and (kept := self._buffer.take()) is not None:
            try:
                self._write(kept.event, kept.ack_id, bounded=False)
            except DisconnectedError:
                self._buffer.put_back(kept)
                return
            except BaseException as error:  # noqa: BLE001  # a parser of the application, too
                contain(error)
                self._fail(kept, error)
        if self._retries is not None:
            self._retries.resume()

    def lost(self, error: Callable[[], DisconnectedError]) -> None:
        """Called when the connection is lost, and another one is expected."""
        self._connection = None
        self._acks.fail_all(error, self._buffer.ack_ids())

    def closed(self, error: Callable[[], AckordError]) -> None:
        """Called when no connection is expected any more."""
        self._connection = None
        self._keeps = False
        self._buffer.clear()
        self._acks.fail_all(error)
        if self._retries is not None:
            self._retries.fail_all(error)

    def discard(self) -> None:
        """Forget everything: the event loop has ended, and who waited with it."""
        self._connection = None
        self._keeps = False
        self._buffer.clear()
        self._acks.discard_all()
        if self._retries is not None:
            self._retries.discard_all()

    # What is sent

    @property
    def connected(self) -> bool:
        """Whether an event can be sent now."""
        return self._connection is not None

    def send(self, event: EncodedEvent, *, volatile: bool = False) -> None:
        """Send an event without an ack id; raises as `ClientSocket.emit`."""
        if not self._accepts(volatile=volatile):
            return
        if self._retries is not None and not volatile:
            self._retries.put(event, None, self._options.ack_timeout)
        else:
            self._send(event, None)

    def send_with_callback(
        self,
        event: EncodedEvent,
        callback: AckCallback,
        timeout: float | None,
        *,
        volatile: bool = False,
    ) -> None:
        """Send an event, and call `callback` with its acknowledgement."""
        registration = Registration(callback)
        error_first = timeout is not None or (self._retries is not None and not volatile)
        settle = partial(settle_callback, self._socket, registration, event.name, error_first)
        if not self._accepts(volatile=volatile):
            if timeout is not None:  # the timeout tells the callback
                self._acks.expect(self._take_ack_id(), settle, timeout)
        elif self._retries is not None and not volatile:
            self._retries.put(
                event, settle, self._options.ack_timeout if timeout is None else timeout
            )
        else:
            ack_id = self._take_ack_id()
            self._acks.send_and_expect(ack_id, partial(self._send, event, ack_id), settle, timeout)

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an event, and return what `decode` makes of its acknowledgement."""
        self._accepts(volatile=False)
        if self._retries is None:
            ack_id = self._take_ack_id()
            send = partial(self._send, event, ack_id)
            return await self._acks.wait(ack_id, send, decode, timeout)
        answer = AwaitedAnswer(decode)
        waiting = self._retries.put(
            event, answer.settle, self._options.ack_timeout if timeout is None else timeout
        )
        try:
            return await answer.wait()
        finally:
            self._retries.discard(waiting)

    def receive_ack(self, packet: Packet) -> None:
        """Take an ACK packet.

        Raises:
            PacketError: it ends the connection.
        """
        if packet.payload:
            receive_ack(self._acks, packet.ack_id, packet.payload, packet.attachments)

    # What the queue of retries sends by (`RetrySender`)

    def send_try(self, event: EncodedEvent, settle: Settle, timeout: float) -> int:
        """Send an event that asks for an acknowledgement; see `RetrySender.send_try`."""
        ack_id = self._take_ack_id()
        self._acks.send_and_expect(ack_id, partial(self._write, event, ack_id), settle, timeout)
        return ack_id

    def discard_try(self, ack_id: int) -> None:
        """Forget an acknowledgement; see `RetrySender.discard_try`."""
        self._acks.discard(ack_id)

    def _accepts(self, *, volatile: bool) -> bool:
        """Tell whether an event may be sent or kept: a volatile one may not while the network is
        busy.

        Raises:
            DisconnectedError: nobody connects.
        """
        if self._connection is not None:
            # A connection that the server has given up meanwhile is noticed here, so that the event
            # waits for the next one.
            self._connection.check_heartbeat()
        if volatile:
            return self._connection is not None and self._connection.writable
        if self._connection is None and not self._keeps:
            raise DisconnectedError(f"{_NOT_CONNECTED}: {_HOW_TO_CONNECT}")
        return True

    def _send(self, event: EncodedEvent, ack_id: int | None) -> None:
        if self._connection is not None:
            self._write(event, ack_id)
            return
        if self._options.max_offline_events == 0:
            raise DisconnectedError(f"{_NOT_CONNECTED}, and nothing waits for the next connection")
        for dropped in self._buffer.add(event, ack_id):
            self._fail(
                dropped,
                DisconnectedError(
                    "the event was dropped for later ones while the connection was lost "
                    "(offline_overflow)"
                ),
            )

    def _write(self, event: EncodedEvent, ack_id: int | None, *, bounded: bool = True) -> None:
        if self._connection is None:
            raise DisconnectedError(_NOT_CONNECTED)
        text = encode_event(self._prefix, event.arguments, len(event.attachments), ack_id)
        self._connection.send(text, event.attachments, bounded=bounded)
        if self._socket._any_outgoing:
            tell_outgoing(self._socket, event)

    def _fail(self, kept: OfflineEvent, error: BaseException) -> None:
        """Tell who waits that an event was not sent, or else the log."""
        if not isinstance(error, AckordError):
            error = InvalidPayloadError(f"the parser can't write the event: {error!r}")
        if kept.ack_id is not None:
            self._acks.fail(kept.ack_id, error)
        else:
            text = f"Event {quoted(kept.event.name)} was not sent: {error}"
            self._log.write_warning("offline", kept.event.name, text)

    def _take_ack_id(self) -> int:
        ack_id = self._next_ack_id
        self._next_ack_id += 1
        return ack_id
