"""Connection state recovery: what a client missed while it was away (protocol.md, 1.9).

Each event that may be replayed carries its offset as a last argument, and clients send the latest one that they saw when they come back.
Offsets count the recorded events of a namespace, so that a client which saw none is told everything since it joined,
and one that brings an offset from before it joined isn't told what was before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ackord.runtime.socketio.event import EncodedEvent

RECOVERABLE: Final = frozenset(
    {"transport error", "transport close", "forced close", "ping timeout", "server shutting down", "forced server close"}
)
"""Reasons of ends after which a client may come back; not when either side left the namespace on purpose, or after a parse error."""

_ENTRY_COST: Final = 300
"""Bytes that an event costs beside its text and attachments, about."""
_MAX_OFFSET: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStateRecovery:
    """How long, and how much, a namespace keeps for clients that lost their connection."""

    max_disconnection_duration: float = 120.0
    """Seconds in which a client may come back."""
    skip_middlewares: bool = False
    """Whether middlewares and the connect hook are left out for who comes back; they are what enforces a ban, and what an expired token meets."""
    max_sessions: int = 10_000
    """Clients of a namespace that may be away; with more, the one that left first can't come back."""
    max_packets: int = 10_000
    """Events of a namespace that are kept; with more, who missed the oldest can't come back."""
    max_bytes: int = 16_000_000
    """Bytes that these may hold together."""


@dataclass(slots=True)
class RecoverySession:
    """What is kept of one socket."""

    sid: str
    """The public id."""
    pid: str
    """The private id: who knows it may come back as this client."""
    start: int = 0
    """How many events were recorded when it joined."""
    offset: int = 0
    """How many events the client has seen, as it says."""
    rooms: frozenset[str] = frozenset()
    data: Any = None
    expires: float = 0.0
    claimed: bool = False
    """Whether the client is back, and waits for the middlewares."""


class _Entry(NamedTuple):
    event: EncodedEvent
    rooms: frozenset[str]
    except_: frozenset[str]
    expires: float
    size: int


@dataclass(slots=True)
class RecoveryLog:
    """The recent events and the absent clients of one namespace."""

    options: ConnectionStateRecovery
    epoch: str
    """Begins all offsets: those of another process mean nothing here."""
    grace: float = 0.0
    """Seconds that it may take until the loss of a connection is noticed: events are kept for longer by this."""
    sessions: dict[str, RecoverySession] = field(default_factory=dict[str, RecoverySession])
    """The absent clients by private id, who left first at first."""
    recorded: int = 0
    """How many events were recorded."""
    size: int = 0
    """Bytes of those that are kept."""
    _entries: deque[_Entry] = field(default_factory=deque[_Entry])

    @property
    def kept(self) -> int:
        """How many events are kept."""
        return len(self._entries)

    def record(self, event: EncodedEvent, rooms: frozenset[str], except_: frozenset[str], now: float) -> EncodedEvent:
        """Keep an event for those whom it is for, and return it with its offset."""
        self.recorded += 1
        marked = self.mark(event)
        size = len(marked.arguments) + sum(map(len, marked.attachments)) + _ENTRY_COST
        expires = now + self.options.max_disconnection_duration + self.grace
        self._entries.append(_Entry(marked, rooms, except_, expires, size))
        self.size += size
        while len(self._entries) > self.options.max_packets or self.size > self.options.max_bytes:
            self._drop_oldest()
        return marked

    def mark(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event with the offset that stands now."""
        arguments = event.arguments[:-1] + ",null" * event.absent
        return EncodedEvent(event.name, f'{arguments},"{self.epoch}.{self.recorded:x}"]', event.attachments)

    def mark_if_misleading(self, event: EncodedEvent) -> EncodedEvent:
        """Do what `mark` does to an event whose last item is a string: clients take any such string for an offset."""
        return self.mark(event) if event.arguments.endswith('"]') else event

    def begin(self, session: RecoverySession) -> None:
        """Note that a new client joins now."""
        session.start = session.offset = self.recorded

    def persist(self, session: RecoverySession, now: float) -> None:
        """Keep an absent client."""
        session.expires = now + self.options.max_disconnection_duration
        session.claimed = False
        self.sessions.pop(session.pid, None)
        self.sessions[session.pid] = session
        while len(self.sessions) > self.options.max_sessions:
            del self.sessions[next(iter(self.sessions))]

    def claim(self, pid: str, offset: str | None, now: float) -> RecoverySession | None:
        """Return the client that comes back, or `None` if it can't: it is kept until `forget`, and goes back to the absent by `release`.

        `offset` is the last one that it saw, or `None` if it saw none.
        """
        session = self.sessions.get(pid)
        if session is None or session.claimed or session.expires <= now:
            return None
        seen = session.start if offset is None else self._read(offset)
        if seen is None:
            return None
        seen = max(seen, session.start)
        if not self.recorded - len(self._entries) <= seen <= self.recorded:
            return None
        session.offset = seen
        session.claimed = True
        return session

    def missed(self, session: RecoverySession) -> Iterator[EncodedEvent] | None:
        """Return the events that a client missed, with their offsets, or `None` if some of them are kept no longer."""
        first = session.offset - (self.recorded - len(self._entries))
        if first < 0:
            return None
        rooms = session.rooms
        entries = list(self._entries)[first:] if first else list(self._entries)
        return (entry.event for entry in entries if (not entry.rooms or entry.rooms & rooms) and not entry.except_ & rooms)

    def release(self, session: RecoverySession) -> None:
        """Let a client that came back and went again come back once more, as long as it could have."""
        session.claimed = False

    def forget(self, session: RecoverySession) -> None:
        """Forget a client: it is back, or may not come back."""
        self.sessions.pop(session.pid, None)

    def holds(self, session: RecoverySession) -> bool:
        """Whether a client may come back."""
        return session.pid in self.sessions

    def deadline(self) -> float | None:
        """Return the time at which something expires, or `None`."""
        times = [self._entries[0].expires] if self._entries else []
        times.extend(session.expires for session in self._oldest())
        return min(times, default=None)

    def expire(self, now: float) -> None:
        """Forget what has expired."""
        while self._entries and self._entries[0].expires <= now:
            self._drop_oldest()
        for session in [session for session in self.sessions.values() if session.expires <= now and not session.claimed]:
            del self.sessions[session.pid]

    def clear(self) -> None:
        """Forget everything."""
        self.sessions.clear()
        self._entries.clear()
        self.size = 0

    def _oldest(self) -> Iterator[RecoverySession]:
        """Yield the client that expires first, if there is one."""
        for session in self.sessions.values():
            if not session.claimed:
                yield session
                return

    def _read(self, offset: str) -> int | None:
        epoch, _, number = offset.rpartition(".")
        if epoch != self.epoch or len(offset) > _MAX_OFFSET or not (number.isascii() and number.isalnum()):
            return None
        try:
            return int(number, 16)
        except ValueError:
            return None

    def _drop_oldest(self) -> None:
        self.size -= self._entries.popleft().size
