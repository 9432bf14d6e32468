"""Connection state recovery: what a client missed while it was away.

The rules are those of Socket.IO's documentation, "Connection state recovery".

Each event that may be replayed carries its offset as a last argument, and clients send the latest
one that they saw when they come back. Offsets count the recorded events of a namespace, so that a
client which saw none is told everything since it joined, and one that brings an offset from before
it joined isn't told what was before.

An event is replayed to a client that was in one of its rooms when it was sent, and in none of those
that were left out. While a client is away it stays in the rooms that it was in.

What a client missed may be much more than its connection may buffer, so it is taken in pieces:
`RecoverySession.offset` is the last event that was taken, and what is sent meanwhile is recorded
and comes after it. What one session is told more than once in a minute is bounded: a client that
asks for the same events again and again begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from ackord.runtime.bounds.shares import NOBODY
from ackord.runtime.option_values import check_values
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.recovery_memory import RecoveryMemory
from ackord.runtime.protocol.socketio.room_history import RoomHistory

RECOVERABLE: Final = frozenset(
    {
        "transport error",
        "transport close",
        "forced close",
        "ping timeout",
        "server shutting down",
        "forced server close",
    }
)
"""Reasons of ends after which a client may come back; not when either side left the namespace on
purpose, or after a parse error.
"""

_ENTRY_COST: Final = 300
"""Bytes that an event costs beside its text and attachments, about."""
_LOOK_COST: Final = 16
"""What it costs to see that an event isn't for a client, as bytes that are replayed in the same
time.
"""
_MAX_OFFSET: Final = 40
_REPEAT_WINDOW: Final = 60.0
"""Seconds in which what one session is told more than once is bounded."""
_GAPS: Final = 1000
"""Entries at the beginning of the list that may be empty; more are cut off once they are half of
it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStateRecovery:
    """How long, and how much, a server keeps for clients that lost their connection.

    Raises:
        UsageError: a value can't work.
    """

    max_disconnection_duration: float = 120.0
    """Seconds in which a client may come back."""
    skip_middlewares: bool = False
    """Whether middlewares and the connect hook are left out for who comes back; they are what
    enforces a ban, and what an expired token meets.
    """
    max_sessions: int = 10_000
    """Clients that may be away, all namespaces counted together; with more, one that left first
    can't come back, of an address with most of them.
    """
    max_packets: int = 10_000
    """Events of a namespace that are kept; with more, who missed the oldest can't come back."""
    max_bytes: int = 64_000_000
    """Bytes that the events of all namespaces may hold together; with more, the oldest go of what
    holds most: a namespace, or those that one
    client brought into being."""

    def __post_init__(self) -> None:
        """Check the values."""
        check_values(asdict(self), ConnectionStateRecovery)


@dataclass(slots=True)
class RecoverySession:
    """What is kept of one socket."""

    sid: str
    """The public id."""
    pid: str
    """The private id: who knows it may come back as this client."""
    history: RoomHistory
    """The rooms that it is or was in."""
    start: int = 0
    """How many events were recorded when it joined."""
    offset: int = 0
    """How many events the client has seen, as it says, or was told since."""
    client: str = NOBODY
    """Whom limits count it under."""
    data: Any = None
    expires: float = 0.0
    claimed: bool = False
    """Whether the client is back, and waits for the middlewares and for what it missed."""
    told: int = 0
    """The latest event that it was told when it came back."""
    repeated: int = 0
    """Bytes that it was told once more since `repeated_since`, having been told them before."""
    repeated_since: float = float("-inf")


class _Entry(NamedTuple):
    event: EncodedEvent
    rooms: frozenset[str] | None
    except_: frozenset[str]
    expires: float
    size: int
    total: int
    """Bytes of all events that were recorded up to this one."""


_GAP: Final = _Entry(EncodedEvent("", "[]"), frozenset(), frozenset(), 0.0, 0, 0)
"""Takes the place of an event that is kept no longer."""


@dataclass(slots=True, eq=False)
class RecoveryLog:
    """The recent events and the absent clients of one namespace."""

    options: ConnectionStateRecovery
    epoch: str
    """Begins all offsets: those of another process mean nothing here."""
    memory: RecoveryMemory
    """Bounds what this and other namespaces keep together."""
    owner: str = NOBODY
    """Whose memory this is: the namespace's own name, or the client that brought it into being."""
    grace: float = 0.0
    """Seconds that it may take until the loss of a connection is noticed: events are kept for
    longer by this.
    """
    repeat_limit: int = 8_000_000
    """Bytes that a session is told more than once, after which it begins anew if it comes back in
    the same minute.
    """
    sessions: dict[str, RecoverySession] = field(default_factory=dict[str, RecoverySession])
    """The absent clients by private id, who left first at first."""
    recorded: int = 0
    """How many events were recorded."""
    size: int = 0
    """Bytes of those that are kept."""
    _entries: list[_Entry] = field(default_factory=list[_Entry])
    _oldest: int = 0  # where in `_entries` the oldest is; before it are only gaps
    _total: int = 0

    @property
    def kept(self) -> int:
        """How many events are kept."""
        return len(self._entries) - self._oldest

    def record(
        self,
        event: EncodedEvent,
        rooms: frozenset[str] | None,
        except_: frozenset[str],
        now: float,
    ) -> EncodedEvent:
        """Keep an event for those whom it is for, and return it with its offset."""
        self.recorded += 1
        marked = self.mark(event)
        size = len(marked.arguments) + sum(map(len, marked.attachments)) + _ENTRY_COST
        expires = now + self.options.max_disconnection_duration + self.grace
        self._total += size
        self._entries.append(_Entry(marked, rooms, except_, expires, size, self._total))
        self.size += size
        while self.kept > self.options.max_packets:
            self._drop_oldest()
        self.memory.grow(self, size)
        return marked

    def mark(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event with the offset that stands now."""
        arguments = event.arguments[:-1] + ",null" * event.absent
        return EncodedEvent(
            event.name, f'{arguments},"{self.epoch}.{self.recorded:x}"]', event.attachments
        )

    def mark_if_misleading(self, event: EncodedEvent) -> EncodedEvent:
        """Do what `mark` does to an event whose last item is a string: clients take any such string
        for an offset.
        """
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
        self.memory.add_session(self, session.pid, session.client)

    def claim(self, pid: str, offset: str | None, now: float) -> RecoverySession | None:
        """Return the client that comes back, or `None` if it can't: it is kept until `discard`, and
        goes back to the absent by `release`.

        `offset` is the last one that it saw, or `None` if it saw none.
        An attempt renews nothing of the session, neither its time nor what it may be told once
        more.
        """
        session = self.sessions.get(pid)
        if session is None or session.claimed or session.expires <= now:
            return None
        seen = session.start if offset is None else self._read(offset)
        if seen is None:
            return None
        seen = max(seen, session.start)
        if not max(self.recorded - self.kept, session.history.known_since) <= seen <= self.recorded:
            return None
        if now - session.repeated_since >= _REPEAT_WINDOW:
            session.repeated_since = now
            session.repeated = 0
        elif session.repeated >= self.repeat_limit:
            return None
        session.offset = seen
        session.claimed = True
        return session

    def missing(self, session: RecoverySession) -> int | None:
        """Return how many bytes a client has yet to be told at most, or `None` if some of its
        events are kept no longer.
        """
        index = self._index(session.offset)
        if index < self._oldest:
            return None
        return (
            self._total - self._entries[index].total + self._entries[index].size
            if index < len(self._entries)
            else 0
        )

    def take_missed(
        self, session: RecoverySession, most: float = float("inf")
    ) -> Iterator[EncodedEvent]:
        """Yield the next events that a client missed, with their offsets, until they come to `most`
        bytes; from then on it was told them.
        """
        history = session.history
        taken = 0
        while taken < most and self._oldest <= (index := self._index(session.offset)) < len(
            self._entries
        ):
            entry = self._entries[index]
            number = session.offset = session.offset + 1
            is_for_it = (entry.rooms is None or history.was_in_any(entry.rooms, number)) and not (
                entry.except_ and history.was_in_any(entry.except_, number)
            )
            cost = entry.size if is_for_it else _LOOK_COST
            taken += cost
            if number > session.told:
                session.told = number
            else:
                session.repeated += cost
            if is_for_it:
                yield entry.event

    def require_fresh_start(self, session: RecoverySession) -> None:
        """Have a client begin anew, although all that it missed is kept."""
        session.offset = -1

    def note_joined(self, session: RecoverySession, room: str) -> None:
        """Note that a client is in a room from now on."""
        session.history.join(room, self.recorded)

    def note_left(self, session: RecoverySession, room: str) -> None:
        """Note that a client is in a room no longer."""
        session.history.leave(room, self.recorded, self.recorded - self.kept)

    def unclaim(self, session: RecoverySession) -> None:
        """Let a client that came back and went again come back once more, as long as it could
        have.
        """
        session.claimed = False

    def discard(self, session: RecoverySession) -> None:
        """Forget a client: it is back, or may not come back."""
        self.drop_session(session.pid)

    def drop_session(self, pid: str) -> None:
        """Do what `discard` does."""
        if self.sessions.pop(pid, None) is not None:
            self.memory.remove_session(self, pid)

    def drop_events(self, size: int) -> None:
        """Drop the oldest events until they have had so many bytes, or there are none."""
        goal = self.size - size
        while self.kept and self.size > goal:
            self._drop_oldest()

    def holds(self, session: RecoverySession) -> bool:
        """Whether a client may come back."""
        return session.pid in self.sessions

    def deadline(self) -> float | None:
        """Return the time at which something expires, or `None`."""
        times = [session.expires for session in self._first_absent()]
        if self.kept:
            times.append(self._entries[self._oldest].expires)
        return min(times, default=None)

    def expire(self, now: float) -> None:
        """Forget what has expired."""
        while self.kept and self._entries[self._oldest].expires <= now:
            self._drop_oldest()
        expired: list[RecoverySession] = []
        for session in self.sessions.values():
            if session.expires > now:
                break
            if not session.claimed:
                expired.append(session)
        for session in expired:
            self.drop_session(session.pid)

    def clear(self) -> None:
        """Forget everything."""
        for pid in tuple(self.sessions):
            self.drop_session(pid)
        self._entries.clear()
        self._oldest = 0
        size, self.size = self.size, 0
        self.memory.shrink(self, size)

    def _index(self, offset: int) -> int:
        """Return where in `_entries` the event after an offset is."""
        return len(self._entries) + offset - self.recorded

    def _first_absent(self) -> Iterator[RecoverySession]:
        """Yield the client that expires first, if there is one."""
        for session in self.sessions.values():
            if not session.claimed:
                yield session
                return

    def _read(self, offset: str) -> int | None:
        epoch, _, number = offset.rpartition(".")
        if (
            epoch != self.epoch
            or len(offset) > _MAX_OFFSET
            or not (number.isascii() and number.isalnum())
        ):
            return None
        try:
            return int(number, 16)
        except ValueError:
            return None

    def _drop_oldest(self) -> None:
        size = self._entries[self._oldest].size
        self.size -= size
        self.memory.shrink(self, size)
        self._entries[self._oldest] = _GAP
        self._oldest += 1
        if self._oldest > _GAPS and self._oldest * 2 > len(self._entries):
            del self._entries[: self._oldest]
            self._oldest = 0
