"""One timer of the event loop for any number of deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final

_INFINITE: Final = float("inf")
_STALL: Final = 0.1
"""Seconds of lateness from which on the process is taken to have stood still."""
_GRACE: Final = 0.05
"""Seconds after such a stall in which incoming bytes are read before deadlines count: uvloop runs
timers before it reads.
"""
_MANY: Final = 64
"""Closed alarms that the heap may hold in any case: clearing fewer isn't worth the time."""
_TOLERANCE: Final = 0.001
"""The resolution of uvloop's clock and timers, one millisecond. A deadline within it is due now, or
the loop would spin.
"""


class Alarm:
    """One deadline that can be moved; moving it to a later time costs nothing until the old time
    has passed.
    """

    __slots__ = ("_callback", "_clock", "_queued", "_when")

    def __init__(self, clock: AlarmClock, callback: Callable[[float], None]) -> None:
        self._clock = clock
        self._callback: Callable[[float], None] | None = callback
        self._when = _INFINITE
        self._queued = _INFINITE

    def set(self, when: float | None) -> None:
        """Call back at `when`; `None`: never."""
        self._when = _INFINITE if when is None else when
        if self._when < self._queued:
            self._queued = self._when
            self._clock.queue(self._when, self)

    def close(self) -> None:
        """Never call back again, and drop the reference to the callback."""
        if self._queued < _INFINITE:
            self._clock.discard()
        self._when = self._queued = _INFINITE
        self._callback = None

    def is_queued_for(self, when: float) -> bool:
        """Whether `reach` is expected with this time."""
        return self._queued == when

    def reach(self, queued: float, now: float) -> None:
        """Call back if due, or queue again; `queued` is the time that has been reached."""
        if queued != self._queued or self._callback is None:
            return
        self._queued = _INFINITE
        when = self._when
        if when <= now + _TOLERANCE:
            self._when = _INFINITE
            self._callback(max(when, now))
        elif when < _INFINITE:
            self.set(when)


class AlarmClock:
    """Wakes alarms by a heap and a single `call_at`.

    It works in the running loop, by that loop's `time()` only, so that a loop with a virtual clock
    works. Alarms of a loop that has ended are forgotten when the first alarm is set in another one.
    """

    __slots__ = ("_armed", "_count", "_dead", "_handle", "_heap", "_loop", "is_catching_up")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Alarm]] = []
        self._count = 0
        self._dead = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._armed = _INFINITE
        self.is_catching_up = False
        """Whether the process stood still, so that incoming bytes are read before callbacks are
        called.
        """

    @property
    def size(self) -> int:
        """How many deadlines are queued."""
        return len(self._heap)

    def alarm(self, callback: Callable[[float], None]) -> Alarm:
        """Make an alarm; `callback` gets the time."""
        return Alarm(self, callback)

    def queue(self, when: float, alarm: Alarm) -> None:
        """Have `Alarm.reach` called at `when`; for `Alarm` itself."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # The loop in which the clock worked before has ended; its timers never run.
            self.close()
            self._loop = loop
        self._count += 1  # ties are broken here: alarms have no order
        heappush(self._heap, (when, self._count, alarm))
        if when < self._armed:
            self._arm(loop, when)

    def discard(self) -> None:
        """Count a queued alarm that was closed; for `Alarm` itself."""
        self._dead += 1
        if self._dead > _MANY and self._dead * 2 > len(self._heap):
            # In place: `_ring` may be going through it.
            self._heap[:] = [entry for entry in self._heap if entry[2].is_queued_for(entry[0])]
            heapify(self._heap)
            self._dead = 0

    def close(self) -> None:
        """Forget all alarms."""
        self._heap.clear()
        self._dead = 0
        self._disarm()

    def _arm(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed = when
        self._handle = loop.call_at(when, self._ring)

    def _disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._armed = _INFINITE
        self.is_catching_up = False

    def _ring(self) -> None:
        loop = self._loop
        if loop is None:
            return
        heap = self._heap
        now = loop.time()
        if now - self._armed > _STALL and not self.is_catching_up:
            self.is_catching_up = True
            self._arm(loop, now + _GRACE)
            return
        self.is_catching_up = False
        # Alarms that are set meanwhile must not set the timer: `_ring` sets it once, at its end.
        self._armed = -_INFINITE
        self._handle = None
        try:
            while heap and heap[0][0] <= now + _TOLERANCE:
                when, _, alarm = heappop(heap)
                if not alarm.is_queued_for(when):
                    self._dead = max(0, self._dead - 1)
                alarm.reach(when, now)
        finally:
            self._armed = _INFINITE
            if heap:
                self._arm(loop, heap[0][0])
