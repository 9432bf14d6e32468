"""How the workers share the connections evenly.

The kernel spreads connections by chance, and some systems not at all. A worker that gets the first
request of a new client hands it over to the worker with the fewest connections, if that one has
clearly fewer. For this each worker sees the numbers of all, in memory that they share.

Each number is written by one worker only, so nothing has to be locked: how many connections a
worker has; how many it has handed over to each other worker; and how many it has got so. What was
handed over and hasn't arrived counts as the receiver's.
"""

from __future__ import annotations

import mmap
from collections.abc import Sized
from typing import Final

_SIZE: Final = 8
_ENDING: Final = 1 << 40
"""Connections that a worker says to have when it gets no more."""
TOLERANCE: Final = 16
"""A worker with so many connections may have one more than others have, besides one."""


class Loads:
    """The numbers of all workers; the parent makes them before it forks."""

    def __init__(self, workers: int) -> None:
        """Begin without connections."""
        self.workers = workers
        cells = memoryview(mmap.mmap(-1, _SIZE * workers * (workers + 2))).cast("q")
        self.open = cells[:workers]
        """Connections of each worker."""
        self.arrived = cells[workers : 2 * workers]
        """Connections that each worker has got from others."""
        self.sent = cells[2 * workers :]
        """Connections that were handed over: a row for each worker that did, a column for each
        that gets them.
        """

    def of(self, worker: int) -> int:
        """Return how many connections a worker has, with those on their way to it."""
        return self.open[worker] + self.sent_to(worker) - self.arrived[worker]

    def sent_to(self, worker: int) -> int:
        """Return how many connections were handed over to a worker."""
        return sum(self.sent[worker :: self.workers])


class Balance:
    """One worker's part in it."""

    def __init__(self, loads: Loads, number: int) -> None:
        """Take a worker's place, from one that has died perhaps."""
        self._loads = loads
        self._number = number
        self._row = number * loads.workers
        self._connections: Sized = ()
        self._leaving = 0
        self._arriving = 0
        self._is_ending = False
        loads.open[number] = 0
        loads.arrived[number] = loads.sent_to(number)

    def watch(self, connections: Sized) -> None:
        """Count these connections from now on."""
        self._connections = connections

    def update(self) -> None:
        """Tell the other workers how many connections this one has; called for each new one."""
        connections = len(self._connections) - self._leaving + self._arriving
        self._loads.open[self._number] = _ENDING if self._is_ending else connections

    def end(self) -> None:
        """Get no new clients any more: the worker drains."""
        self._is_ending = True
        self.update()

    def choose(self) -> int | None:
        """Return the worker that should have a new client, `None` if it is this one."""
        self.update()
        loads = self._loads
        own = loads.of(self._number)
        if own <= 1:
            return None
        least, worker = min((loads.of(worker), worker) for worker in range(loads.workers))
        return worker if own > least + 1 + own // TOLERANCE else None

    def send(self, worker: int) -> None:
        """Count a connection that begins to leave for another worker."""
        self._leaving += 1
        self._loads.sent[self._row + worker] += 1
        self.update()

    def take_back(self, worker: int) -> None:
        """Count back what couldn't be handed over."""
        self._loads.sent[self._row + worker] -= 1

    def end_leaving(self) -> None:
        """Count a connection that isn't leaving any more: it is gone, or stays."""
        self._leaving -= 1

    def begin_arrival(self) -> None:
        """Count a connection that another worker hands over to this one."""
        self._arriving += 1
        self.update()
        self._loads.arrived[self._number] += 1

    def end_arrival(self) -> None:
        """Count a connection that isn't arriving any more: it is among the others, or lost."""
        self._arriving -= 1
