"""Backpressure of one connection: how many events wait for handlers, and whether more may be
read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from typing import Final, Protocol

from ackord.runtime.bounds.memory import LIGHT
from ackord.runtime.protocol.socketio.complexity import PER_CHARACTER, SHORT, Complexity, weigh

ASKING_FACTOR: Final = 4
"""How many times as many events may wait while this side waits for acknowledgements, which come
behind them.
"""

_NEVER: Final = 1 << 62
EVENT_COST: Final = 600
"""Bytes of a waiting event beside its arguments: its context, its place in the queue, the function
to call.
"""


class Holder(Protocol):
    """The connection, which counts the memory of waiting events."""

    def hold_events(self, size: int) -> None:
        """Called with about how many bytes wait; 0 for few.

        All waiting events may be dropped before this returns.
        """
        ...


class Queue(Protocol):
    """A queue of waiting events."""

    def clear(self) -> None:
        """Drop all waiting events."""
        ...


WEIGHT_PER_TURN: Final = 1_000_000
"""Bytes of objects that the messages of one connection become before other connections have their
turn; other costs are given as a weight in bytes.
"""


class Backlog:
    """The waiting events of one connection, in all its namespaces.

    If too many events wait, nothing is read from the connection. But a handler may wait for an
    acknowledgement of the same peer, which comes behind that peer's events. So while
    acknowledgements are awaited, `ASKING_FACTOR` times as many events may wait.

    Costly messages count as well, even if they don't wait: after `WEIGHT_PER_TURN` the rest waits
    for the next turn of the event loop.
    """

    __slots__ = (
        "_awaited",
        "_bytes",
        "_closed",
        "_holder",
        "_least",
        "_max_bytes",
        "_max_events",
        "_most",
        "_rest",
        "_rests",
        "_spent",
        "_waiter",
        "events",
        "on_idle",
    )

    def __init__(self, max_events: int, max_bytes: int, holder: Holder | None = None) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self.events = 0
        """How many events wait."""
        self._bytes = 0
        self._holder = holder
        # The bounds within which the holder isn't called again, so that it isn't called for each
        # event.
        self._most = LIGHT if holder is not None else _NEVER
        self._least = -1
        self._closed = False
        self._awaited: list[Sized] = []
        self.on_idle: Callable[[], None] | None = None
        """Called once, when no event waits or is being handled any more."""
        self._waiter: asyncio.Event | None = None
        self._rest: set[Queue] | None = None  # queues of sockets that have ended
        self._spent = 0  # of the weight after which others have their turn
        self._rests = False  # whether they have it now

    @property
    def bytes(self) -> int:
        """Estimate the bytes of the waiting events."""
        return self._bytes

    @property
    def congested(self) -> bool:
        """Whether too many events wait."""
        if self._rests:
            return not self._closed
        if (self.events <= self._max_events and self._bytes <= self._max_bytes) or self._closed:
            return False
        if (
            self.events > ASKING_FACTOR * self._max_events
            or self._bytes > ASKING_FACTOR * self._max_bytes
        ):
            return True
        return not any(self._awaited)

    async def ready(self) -> None:
        """Wait until no longer congested, or closed."""
        while self.congested:
            if self._waiter is None:
                self._waiter = asyncio.Event()
            await self._waiter.wait()

    def add(self, size: int) -> None:
        """Count an event that begins to wait: `size` is the bytes of its objects, or the characters
        of a short text.
        """
        self.events += 1
        self._bytes += size if size > SHORT else size * PER_CHARACTER
        if self._bytes + EVENT_COST * self.events > self._most:
            self._tell()

    def remove(self, size: int) -> None:
        """Count an event that no longer waits."""
        self.events -= 1
        self._bytes -= size if size > SHORT else size * PER_CHARACTER
        if self._bytes + EVENT_COST * self.events < self._least:
            self._tell()
        self.reconsider()
        if self.on_idle is not None and self.events == 0:
            call, self.on_idle = self.on_idle, None
            call()

    def _tell(self) -> None:
        if self._holder is not None:
            weight = self._bytes + EVENT_COST * self.events
            self._most = max(weight, LIGHT) + LIGHT
            self._least = weight - LIGHT
            self._holder.hold_events(weight if weight > LIGHT else 0)

    def spend(self, weight: int) -> None:
        """Count the cost of a message: after `WEIGHT_PER_TURN` no more is read in this turn of the
        event loop.
        """
        self._spent += weight
        if self._spent > WEIGHT_PER_TURN and not self._rests:
            self._rests = True
            self.events += 1  # so that the connection doesn't count as idle
            asyncio.get_running_loop().call_soon(self._resume)

    def charge(self, payload: str, complexity: Complexity) -> tuple[int, str | None]:
        """Count the cost of a payload longer than `Complexity.short`; return the bytes of its
        objects, and the bound that it exceeds, or `None`.
        """
        excess = complexity.excess(payload)
        weight = weigh(payload) if excess is None else len(payload)
        self.spend(weight)
        return weight, excess

    def _resume(self) -> None:
        self._spent = 0
        self._rests = False
        self.remove(0)

    def add_rest(self, queue: Queue) -> None:
        """Take the queue of a socket that has ended, whose events are still handled."""
        if self._rest is None:
            self._rest = set()
        self._rest.add(queue)

    def remove_rest(self, queue: Queue) -> None:
        """Called when the last of these events was handled or dropped."""
        if self._rest is not None:
            self._rest.discard(queue)

    def drop_rests(self) -> None:
        """Drop the waiting events of sockets that have ended."""
        for queue in tuple(self._rest or ()):
            queue.clear()

    def watch(self, awaited: Sized) -> None:
        """Watch a table of pending acks until the connection ends; after an addition to it,
        `reconsider` must be called.
        """
        if not any(table is awaited for table in self._awaited):
            self._awaited.append(awaited)

    def unwatch(self, awaited: Sized) -> None:
        """Watch a table no longer."""
        self._awaited = [table for table in self._awaited if table is not awaited]

    def reconsider(self) -> None:
        """Wake waiters if reading may go on."""
        if self._waiter is not None and not self.congested:
            self._wake()

    def close(self) -> None:
        """Wake waiters, because the connection is over."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None:
            self._waiter.set()
            self._waiter = None
