"""How much of one connection waits for handlers, and whether more may be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from typing import Final, Protocol

from ackord.runtime.bounds.memory import LIGHT
from ackord.runtime.protocol.socketio.complexity import PER_CHARACTER, SHORT, Complexity, weigh

ASKING_FACTOR: Final = 4
"""How many times as much may wait while this side waits for acknowledgements, which come behind
what waits.
"""

_NEVER: Final = 1 << 62
EVENT_COST: Final = 600
"""Bytes that an event which waits takes beside what it holds: its context, its place in the queue,
what is to be called.
"""


class Holder(Protocol):
    """What wants to know how much waits."""

    def hold_events(self, size: int) -> None:
        """Learn how many bytes wait, about; 0 for few.

        All of it may be dropped before this returns.
        """
        ...


class Queue(Protocol):
    """Events that wait."""

    def clear(self) -> None:
        """Drop them."""
        ...


WEIGHT_PER_TURN: Final = 1_000_000
"""Bytes of objects that the messages of one connection become before other connections have their
turn; what costs something else than objects is given a weight.
"""


class Backlog:
    """How much of one connection waits for handlers, over all its namespaces.

    With more than may wait nothing is read from the connection.
    But a handler may wait for an acknowledgement of the very peer whose events wait for that
    handler: while acknowledgements are awaited, `ASKING_FACTOR` times as much may wait, so that
    they are reached.

    What is costly to read counts as well, whether it waits or not: after so much of it the rest
    waits for the next turn of the event loop.
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
        # How much may wait, and how little, before the holder is told anew: not for each event.
        self._most = LIGHT if holder is not None else _NEVER
        self._least = -1
        self._closed = False
        self._awaited: list[Sized] = []
        self.on_idle: Callable[[], None] | None = None
        """Called once, when nothing waits and nothing is being handled any more."""
        self._waiter: asyncio.Event | None = None
        self._rest: set[Queue] | None = None  # queues of sockets that have ended
        self._spent = 0  # of the weight after which others have their turn
        self._rests = False  # whether they have it now

    @property
    def bytes(self) -> int:
        """Estimate how many bytes the events that wait take."""
        return self._bytes

    @property
    def congested(self) -> bool:
        """Whether more waits than may."""
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
        """Count an event that begins to wait: what its objects weigh, or the characters of a text
        that is too short to be weighed.
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
        """Count what a message cost: after `WEIGHT_PER_TURN` no more is read in this turn of the
        event loop.
        """
        self._spent += weight
        if self._spent > WEIGHT_PER_TURN and not self._rests:
            self._rests = True
            self.events += (
                1  # so that nobody takes the connection for one whose messages are all handled
            )
            asyncio.get_running_loop().call_soon(self._resume)

    def charge(self, payload: str, complexity: Complexity) -> tuple[int, str | None]:
        """Count what it costs to read a payload longer than `Complexity.short`; return the bytes
        that its objects take, and what it has too much of to be parsed, or `None`.
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
        """Learn that the last of these events has been handled or dropped."""
        if self._rest is not None:
            self._rest.discard(queue)

    def drop_rests(self) -> None:
        """Drop what waits of the sockets that have ended."""
        for queue in tuple(self._rest or ()):
            queue.clear()

    def watch(self, awaited: Sized) -> None:
        """Take a table of what this side waits for, as long as the connection lives; whoever adds
        to it calls `reconsider`.
        """
        if not any(table is awaited for table in self._awaited):
            self._awaited.append(awaited)

    def unwatch(self, awaited: Sized) -> None:
        """Look at a table no longer."""
        self._awaited = [table for table in self._awaited if table is not awaited]

    def reconsider(self) -> None:
        """Let waiters go if something changed for the better."""
        if self._waiter is not None and not self.congested:
            self._wake()

    def close(self) -> None:
        """Let waiters go: the connection is over."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None:
            self._waiter.set()
            self._waiter = None
