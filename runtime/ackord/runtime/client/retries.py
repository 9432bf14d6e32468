"""Events that are sent again until they are acknowledged (``retries``), one after the other.

The rules (socket.io-client, "retries"): each event that isn't volatile goes into a queue, and the
first of the queue is on its way. It asks for an acknowledgement, whether the application does or
not. If none comes in time, or the connection is lost first, the event is sent again, with another
ack id and at most `retries` times; then the caller gets the error, and the next event is sent.
After a lost connection the first event is sent when the namespace is joined again.

A server that answers ``rate_limited`` says when the event may be sent again. Then that event, and
all behind it, wait for so long, and it is the next try. A pause above `MAX_PAUSE` isn't waited for:
the caller gets the answer.

So events arrive in order, and at least once: a server that has handled an event whose
acknowledgement was lost gets the same event twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from ackord.runtime.errors import AckordError, AckTimeoutError, DisconnectedError, SlowConsumerError
from ackord.runtime.protocol.socketio.error_acks import read_retry_after
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply, Settle

MAX_PAUSE: Final = 60.0
"""Seconds that an event waits for a server that says ``rate_limited``."""


class RetriedEvent:
    """An event that waits for its acknowledgement, or for its turn."""

    __slots__ = ("event", "is_over", "settle", "timeout", "tries")

    def __init__(self, event: EncodedEvent, settle: Settle | None, timeout: float) -> None:
        """Take an event, and what is told of its acknowledgement."""
        self.event = event
        self.settle = settle
        self.timeout = timeout
        """Seconds that the acknowledgement of each try may take."""
        self.tries = 0
        self.is_over = False
        """Whether the event has left the queue."""


class RetrySender(Protocol):
    """A socket, as its queue of events sends by it."""

    @property
    def connected(self) -> bool:
        """Whether an event can be sent now."""
        ...

    def send_try(self, event: EncodedEvent, settle: Settle, timeout: float) -> int:
        """Send an event that asks for an acknowledgement, and return the ack id.

        Raises:
            AckordError: it can't be sent at all.
        """
        ...

    def discard_try(self, ack_id: int) -> None:
        """Forget that the acknowledgement is awaited."""
        ...


class RetryQueue:
    """The events of one socket that are sent one after the other, each until it is acknowledged."""

    __slots__ = ("_ack_id", "_events", "_limit", "_pause", "_retries", "_sender")

    def __init__(self, sender: RetrySender, retries: int, limit: int) -> None:
        """Send by `sender`, each event at most ``retries + 1`` times; `limit` events may wait."""
        self._sender = sender
        self._retries = retries
        self._limit = limit
        self._events: deque[RetriedEvent] = deque()
        self._ack_id: int | None = None
        """The ack id of the first event while it is on its way."""
        self._pause: asyncio.TimerHandle | None = None
        """Set while the first event waits because it was sent too soon."""

    def put(self, event: EncodedEvent, settle: Settle | None, timeout: float) -> RetriedEvent:
        """Send an event when its turn comes; `settle` is told of the acknowledgement, or of the
        last try's error.

        Raises:
            SlowConsumerError: too many events wait.
        """
        if len(self._events) >= self._limit:
            raise SlowConsumerError(
                f"{self._limit} events wait to be acknowledged or sent again (max_offline_events)"
            )
        waiting = RetriedEvent(event, settle, timeout)
        self._events.append(waiting)
        self.resume()
        return waiting

    def discard(self, waiting: RetriedEvent) -> None:
        """Forget an event that nobody waits for any longer; it may have been sent."""
        if not waiting.is_over:
            is_first = waiting is self._events[0]
            self._events.remove(waiting)
            waiting.is_over = True
            if is_first:
                self._end_pause()
                if self._ack_id is not None:
                    self._sender.discard_try(self._ack_id)
                    self._ack_id = None
            self.resume()

    def resume(self) -> None:
        """Send the first event, if the socket is connected, and the event isn't on its way and has
        nothing to wait for.
        """
        while (
            self._events and self._ack_id is None and self._pause is None and self._sender.connected
        ):
            first = self._events[0]
            try:
                self._ack_id = self._sender.send_try(first.event, self._settle, first.timeout)
            except DisconnectedError:
                return
            except AckordError as error:
                self._finish(error)
            else:
                first.tries += 1

    def fail_all(self, error: Callable[[], AckordError]) -> None:
        """Tell all who wait that their events won't be sent any more."""
        events, self._events = self._events, deque()
        self._ack_id = None
        self._end_pause()
        for waiting in events:
            waiting.is_over = True
            if waiting.settle is not None:
                waiting.settle(error())

    def discard_all(self) -> None:
        """Forget all events; nobody waits for them any longer."""
        for waiting in self._events:
            waiting.is_over = True
        self._events.clear()
        self._ack_id = None
        self._end_pause()

    def _settle(self, outcome: AckReply | AckordError) -> None:
        self._ack_id = None
        if self._events[0].tries > self._retries:
            self._finish(outcome)
        elif not isinstance(outcome, AckordError):
            pause = read_retry_after(outcome[0])
            if pause is None or pause > MAX_PAUSE:
                self._finish(outcome)
            else:
                loop = asyncio.get_running_loop()
                self._pause = loop.call_later(pause, self._go_on)
        elif not isinstance(outcome, AckTimeoutError | DisconnectedError):
            self._finish(outcome)
        self.resume()

    def _go_on(self) -> None:
        self._pause = None
        self.resume()

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _finish(self, outcome: AckReply | AckordError) -> None:
        done = self._events.popleft()
        done.is_over = True
        if done.settle is not None:
            done.settle(outcome)
