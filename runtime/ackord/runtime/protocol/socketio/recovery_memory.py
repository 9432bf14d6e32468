"""Bounds for connection state recovery in all namespaces of a server together: its events, and its
absent clients.

Beyond `max_bytes`, events are discarded: the oldest ones of the owner whose namespaces hold the
most, in its largest namespace first. The owner of a dynamic namespace is the client that made it,
so one client can't push out the events of others; every other namespace is its own owner. Beyond
`max_sessions`, absent clients are discarded by the rules of `ackord.runtime.bounds.shares`.
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import Final, Protocol

from ackord.runtime.bounds.shares import Shares

_PART: Final = 64
"""One part in so many of the bound is discarded at once, because looking for the largest namespace
takes time.
"""


class KeptEvents(Protocol):
    """The events and absent clients of one namespace."""

    owner: str
    """The owner of the events, see above."""
    size: int
    """Bytes of the events."""

    def discard_events(self, size: int) -> None:
        """Discard the oldest events, `size` bytes of them at least, or all."""
        ...

    def discard_session(self, pid: str) -> None:
        """Discard an absent client."""
        ...


class RecoveryMemory:
    """Counts the events and absent clients of all namespaces of one server, and discards beyond the
    bounds.
    """

    __slots__ = ("_absent", "_logs", "max_bytes", "size")

    def __init__(self, *, max_bytes: int, max_sessions: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        """Bytes of all events."""
        self._logs: dict[KeptEvents, None] = {}  # those that hold events
        self._absent: Shares[tuple[KeptEvents, str]] = Shares(max_sessions)

    def grow(self, log: KeptEvents, size: int) -> None:
        """Note that a namespace keeps one more event."""
        if log.size == size:
            self._logs[log] = None
        self.size += size
        if self.size > self.max_bytes:
            self._make_room()

    def shrink(self, log: KeptEvents, size: int) -> None:
        """Note that a namespace keeps less."""
        self.size -= size
        if not log.size:
            self._logs.pop(log, None)

    def add_session(self, log: KeptEvents, pid: str, client: str) -> None:
        """Count an absent client; `client` is its address for limits (`EngineRequest.client`)."""
        self._absent.add((log, pid), client)
        while (
            len(self._absent) > self._absent.bound
            and (victim := self._absent.find_victim()) is not None
        ):
            self._absent.remove(victim)
            victim[0].discard_session(victim[1])

    def remove_session(self, log: KeptEvents, pid: str) -> None:
        """Note that a client is back, or can't come back."""
        self._absent.remove((log, pid))

    def _make_room(self) -> None:
        goal = self.max_bytes - self.max_bytes // _PART
        while self.size > goal:
            held: Counter[str] = Counter()
            for log in self._logs:
                held[log.owner] += log.size
            [(owner, _)] = held.most_common(1)
            for log in sorted(
                (log for log in self._logs if log.owner == owner),
                key=attrgetter("size"),
                reverse=True,
            ):
                if self.size <= goal:
                    break
                # No more than half of it, because another namespace is the largest then.
                log.discard_events(min(self.size - goal, (log.size + 1) // 2))
