"""Connection state recovery: the events that a client missed while it was away.

The rules are those of Socket.IO's documentation, "Connection state recovery".

Each recorded event carries its offset as a last argument. A client that comes back sends the latest
offset that it saw, and gets the events after that one. Offsets count the recorded events of a
namespace. So a client that saw no offset gets all events since it joined, and a client that sends
an offset from before it joined gets no event from before it joined.

An event is replayed to a client that was in one of the event's rooms when the event was sent, and
in none of the rooms that were left out (`RoomHistory`). While a client is away it stays in the
rooms that it was in.

The missed events may be many more than a connection may buffer, so they are taken in pieces:
`RecoverySession.offset` is the last event that was taken. Events that are sent meanwhile are
recorded, and follow. How much is sent twice to one session in a minute is bounded: a client that
asks for the same events again and again gets a new session.
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
"""Disconnect reasons after which a client may come back: neither side left the namespace on
purpose, and no packet was malformed.
"""

_ENTRY_COST: Final = 300
"""Bytes that an event takes beside its text and attachments, about."""
_LOOK_COST: Final = 16
"""The time to find out that an event isn't for a client, as the number of bytes that are replayed
in that time.
"""
_MAX_OFFSET: Final = 40
_REPEAT_WINDOW: Final = 60.0
"""Seconds for which `RecoveryLog.repeat_limit` holds."""
_GAPS: Final = 1000
"""Entries at the beginning of the list that may be empty; more are cut off once they are half of
it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStateRecovery:
    """How long, and how many events, a server keeps for clients that lost their connection.

    Raises:
        UsageError: a value can't work.
    """

    max_disconnection_duration: float = 120.0
    """Seconds in which a client may come back."""
    skip_middlewares: bool = False
    """Whether middlewares and the connect hook are left out for clients that come back. Then a ban
    or an expired token isn't noticed either.
    """
    max_sessions: int = 10_000
    """Absent clients that are kept, in all namespaces together; for one more, the client that left
    first is discarded, of the address that has the most of them.
    """
    max_packets: int = 10_000
    """Events that are kept of one namespace; a client that missed older ones can't come back."""
    max_bytes: int = 64_000_000
    """Bytes that the events of all namespaces may take together. Beyond that the oldest events are
    discarded of the namespace that holds the most, the dynamic namespaces of one client being
    counted as one.
    """

    def __post_init__(self) -> None:
        """Check the values."""
        check_values(asdict(self), ConnectionStateRecovery)


@dataclass(slots=True)
class RecoverySession:
    """The state of one socket that is kept for its client."""

    sid: str
    """The public id."""
    pid: str
    """The private id: a client that knows it may come back as this one."""
    history: RoomHistory
    """The rooms that the socket is or was in."""
    start: int = 0
    """How many events were recorded when the socket joined."""
    offset: int = 0
    """The offset of the latest event that the client has seen, as it says, or that was sent
    since.
    """
    client: str = NOBODY
    """The client that limits count the session for (`EngineRequest.client`)."""
    since: str = ""
    """Where the history of a cluster was when the socket joined; see `SharedRecovery`."""
    data: Any = None
    expires: float = 0.0
    claimed: bool = False
    """Whether the client is back, and waits for the middlewares and for the missed events."""
    told: int = 0
    """The offset of the latest event that was replayed."""
    repeated: int = 0
    """Bytes that were replayed once more since `repeated_since`."""
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
"""Takes the place of an event that was discarded."""


@dataclass(slots=True, eq=False)
class RecoveryLog:
    """The recent events and the absent clients of one namespace."""

    options: ConnectionStateRecovery
    epoch: str
    """The beginning of all offsets: offsets of another process aren't valid here."""
    memory: RecoveryMemory
    """Bounds how much all namespaces keep together."""
    owner: str = NOBODY
    """The owner of the events for `RecoveryMemory`: the namespace's name, or the client that made a
    dynamic namespace.
    """
    grace: float = 0.0
    """Seconds until a lost connection is noticed: events are kept longer by this time."""
    repeat_limit: int = 8_000_000
    """Bytes that may be replayed more than once to a session in one minute; beyond that, its client
    gets a new session.
    """
    sessions: dict[str, RecoverySession] = field(default_factory=dict[str, RecoverySession])
    """The sessions of absent clients by private id, in the order in which the clients left."""
    recorded: int = 0
    """How many events were ever recorded."""
    size: int = 0
    """Bytes of the events that are kept."""
    _entries: list[_Entry] = field(default_factory=list[_Entry])
    _oldest: int = 0  # index of the oldest event in `_entries`; before it are only gaps
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
        """Record an event that is sent to `rooms` (empty: to all) but not to `except_`; return it
        with its offset.
        """
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
        """Return an event with the current offset, without recording it."""
        arguments = event.arguments[:-1] + ",null" * event.absent
        return EncodedEvent(
            event.name, f'{arguments},"{self.epoch}.{self.recorded:x}"]', event.attachments
        )

    def mark_if_misleading(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event, with the current offset if its last item is a string: clients take such
        a string for an offset.
        """
        return self.mark(event) if event.arguments.endswith('"]') else event

    def begin(self, session: RecoverySession) -> None:
        """Note that the client of a new session joins now."""
        session.start = session.offset = self.recorded

    def persist(self, session: RecoverySession, now: float) -> None:
        """Keep the session of a client that has left."""
        session.expires = now + self.options.max_disconnection_duration
        session.claimed = False
        self.sessions.pop(session.pid, None)
        self.sessions[session.pid] = session
        self.memory.add_session(self, session.pid, session.client)

    def claim(self, pid: str, offset: str | None, now: float) -> RecoverySession | None:
        """Return the session of a client that comes back, or `None` if it can't come back. The
        session is kept until `discard`; `unclaim` makes its client absent again.

        `offset` is the last offset that the client saw, or `None` if it saw none. The attempt
        extends neither the time of the session nor the bytes that may be replayed again.
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
        """Return an upper bound of the bytes that a client has missed, or `None` if some of its
        events were discarded.
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
        """Yield the next events that a client missed, with their offsets, up to `most` bytes; they
        count as sent.
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
        """Give the client a new session at its next attempt, although its events are still kept."""
        session.offset = -1

    def note_joined(self, session: RecoverySession, room: str) -> None:
        """Note that a client is in a room from now on."""
        session.history.join(room, self.recorded)

    def note_left(self, session: RecoverySession, room: str) -> None:
        """Note that a client is in a room no longer."""
        session.history.leave(room, self.recorded, self.recorded - self.kept)

    def unclaim(self, session: RecoverySession) -> None:
        """Make the client of a claimed session absent again; its time goes on as before."""
        session.claimed = False

    def discard(self, session: RecoverySession) -> None:
        """Forget a session: its client is back, or may not come back."""
        self.discard_session(session.pid)

    def discard_session(self, pid: str) -> None:
        """Forget the session with a private id; for `RecoveryMemory`."""
        if self.sessions.pop(pid, None) is not None:
            self.memory.remove_session(self, pid)

    def discard_events(self, size: int) -> None:
        """Discard the oldest events, `size` bytes of them at least, or all."""
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
            self.discard_session(session.pid)

    def clear(self) -> None:
        """Forget everything."""
        for pid in tuple(self.sessions):
            self.discard_session(pid)
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
