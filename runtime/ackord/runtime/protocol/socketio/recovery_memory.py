"""What connection state recovery keeps of all namespaces of a server together: its events, and its
absent clients.

Past `max_bytes`, events go: the oldest ones of the owner whose namespaces hold the most, its
largest namespace first. The owner of a dynamic namespace is the client that brought it into being,
so that one client can't push out the events of others; every other namespace is an owner of its
own. Past `max_sessions`, absent clients go as `ackord.runtime.bounds.shares` says.
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import Final, Protocol

from ackord.runtime.bounds.shares import Shares

_PART: Final = 64
"""As a part of the bound, what is dropped at once: to look for the largest takes time."""


class KeptEvents(Protocol):
    """The events and absent clients of one namespace."""

    owner: str
    """Whose memory it counts as."""
    size: int
    """Bytes of the events."""

    def drop_events(self, size: int) -> None:
        """Drop the oldest events until they have had so many bytes, or there are none."""
        ...

    def drop_session(self, pid: str) -> None:
        """Drop an absent client."""
        ...


class RecoveryMemory:
    """Counts what the namespaces of one server keep, and says what has to go."""

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
        """Note that a client is away; `client` is whom limits count it under."""
        self._absent.add((log, pid), client)
        while (
            len(self._absent) > self._absent.bound
            and (victim := self._absent.find_victim()) is not None
        ):
            self._absent.remove(victim)
            victim[0].drop_session(victim[1])

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
                # No more than a half, because another one is the largest then.
                log.drop_events(min(self.size - goal, (log.size + 1) // 2))
