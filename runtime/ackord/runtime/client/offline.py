"""Events that were emitted while the connection is lost, until it is there again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from ackord.runtime.errors import SlowConsumerError
from ackord.runtime.protocol.socketio.event import EncodedEvent

Overflow: TypeAlias = Literal["raise", "drop_oldest"]
"""What happens to an event for which the buffer has no room: whoever emits it gets a
`SlowConsumerError`, or the oldest event is dropped for it.
"""


class OfflineEvent(NamedTuple):
    """An event that waits for the connection."""

    event: EncodedEvent
    ack_id: int | None
    """The id that its acknowledgement will have, if it asks for one."""


class OfflineBuffer:
    """The events of one socket that wait for the connection, oldest first.

    An event whose acknowledgement isn't awaited any longer, because its time has passed or the
    caller was cancelled, is not sent; it gives its room to others when the buffer is full.
    """

    __slots__ = ("_events", "_is_awaited", "_max_bytes", "_max_events", "_overflow", "_size")

    def __init__(
        self,
        max_events: int,
        max_bytes: int,
        overflow: Overflow,
        is_awaited: Callable[[int], bool],
    ) -> None:
        """Take the bounds, and what tells whether the acknowledgement of an id is awaited."""
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._overflow = overflow
        self._is_awaited = is_awaited
        self._events: deque[OfflineEvent] = deque()
        self._size = 0

    def add(self, event: EncodedEvent, ack_id: int | None) -> list[OfflineEvent]:
        """Keep an event; return those that were dropped for it.

        Raises:
            SlowConsumerError: there is no room for it.
        """
        size = _size(event)
        if not self._has_room(size):
            self._forget_unawaited()
        dropped: list[OfflineEvent] = []
        if self._overflow == "drop_oldest" and self._max_events > 0 and size <= self._max_bytes:
            while not self._has_room(size):
                oldest = self._events.popleft()
                self._size -= _size(oldest.event)
                dropped.append(oldest)
        if not self._has_room(size):
            raise SlowConsumerError(
                f"the connection is lost, and {len(self._events)} events of {self._size} bytes "
                f"wait for the next one: at most {self._max_events} of {self._max_bytes} bytes "
                "may (max_offline_events, max_offline_bytes)"
            )
        self._events.append(OfflineEvent(event, ack_id))
        self._size += size
        return dropped

    def take(self) -> OfflineEvent | None:
        """Return the oldest event that is still to be sent, and forget it."""
        while self._events:
            kept = self._events.popleft()
            self._size -= _size(kept.event)
            if kept.ack_id is None or self._is_awaited(kept.ack_id):
                return kept
        return None

    def put_back(self, kept: OfflineEvent) -> None:
        """Keep an event that was taken and couldn't be sent, before all others."""
        self._events.appendleft(kept)
        self._size += _size(kept.event)

    def clear(self) -> None:
        """Forget all events."""
        self._events.clear()
        self._size = 0

    def ack_ids(self) -> set[int]:
        """Return the ids whose acknowledgements can still come, once their events are sent."""
        return {kept.ack_id for kept in self._events if kept.ack_id is not None}

    def _has_room(self, size: int) -> bool:
        return len(self._events) < self._max_events and self._size + size <= self._max_bytes

    def _forget_unawaited(self) -> None:
        kept = [
            each for each in self._events if each.ack_id is None or self._is_awaited(each.ack_id)
        ]
        self._events = deque(kept)
        self._size = sum(_size(each.event) for each in kept)


def _size(event: EncodedEvent) -> int:
    """Estimate the bytes of memory that an event takes."""
    return len(event.arguments) + sum(map(len, event.attachments))
