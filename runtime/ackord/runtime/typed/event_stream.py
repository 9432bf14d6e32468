"""Events of one name, one after the other, for a loop that waits for them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Generic, Self, TypeVar

from ackord.runtime.errors import AckordError, DisconnectedError, SlowConsumerError, UsageError

ItemT = TypeVar("ItemT")

LEFT: Final = "io client disconnect"
"""The reason of an end that this program wanted."""


class EventStream(Generic[ItemT]):
    """The events of one name as an asynchronous iterator.

    It goes on when a lost connection is there again; `gaps` tells whether events may have been
    missed meanwhile. It ends when this program disconnects the client, and raises
    `DisconnectedError` when somebody else has, or when nobody tries to connect again.

    Events that come while the loop is busy are kept, up to a limit: beyond it the loop is told,
    after those which were kept.
    """

    def __init__(self, name: str, buffer: int, end: AckordError | None) -> None:
        """Begin with the next event; `end` is why there will be none."""
        self._name = name
        self._limit = buffer
        self._items: deque[ItemT] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end = end
        self._overrun = False
        self.gaps = 0
        """How often the connection was lost, and came back without recovery, since the stream
        began: each time events may have been missed.
        """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        """Return the next event.

        Raises:
            SlowConsumerError: more events came than were taken.
            DisconnectedError: the client is disconnected, and not because this program wanted that.
            StopAsyncIteration: this program has disconnected the client.
        """
        while not self._items:
            if self._overrun:
                self._overrun = False
                raise SlowConsumerError(
                    f"more than {self._limit} events {self._name!r} came while the loop over "
                    "them was busy"
                )
            if self._end is not None:
                raise self._ended(self._end)
            if self._is_awaited:
                raise UsageError(
                    f"two loops wait for the same stream of {self._name!r}: iterate over the "
                    "event twice instead"
                )
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._items.popleft()

    def push(self, item: ItemT) -> None:
        """Add an event."""
        if self._overrun or len(self._items) >= self._limit:
            self._overrun = True
            return
        self._items.append(item)
        self._wake()

    def take(self) -> list[ItemT]:
        """Return the events that are kept, and forget them."""
        items = list(self._items)
        self._items.clear()
        return items

    def end(self, error: AckordError) -> None:
        """Let the loop end, after what is kept."""
        self._end = error
        self._wake()

    @staticmethod
    def _ended(error: AckordError) -> Exception:
        reason = error.reason if isinstance(error, DisconnectedError) else None
        if reason == LEFT:
            return StopAsyncIteration()
        failure = DisconnectedError(str(error), reason)
        failure.__cause__ = error
        return failure

    def _wake(self) -> None:
        if self._is_awaited and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def _is_awaited(self) -> bool:
        """Whether a loop waits for the next event, in an event loop that hasn't ended."""
        return self._waiter is not None and not self._waiter.get_loop().is_closed()
