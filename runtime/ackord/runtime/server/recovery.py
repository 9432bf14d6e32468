"""Connection state recovery of one namespace: joins the pure log with the loop's clock and the
connected clients.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ackord.runtime.adapters.base import Adapter
from ackord.runtime.bounds.memory import LIGHT, Account, MemoryBudget, Part
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.recovery import (
    RECOVERABLE,
    ConnectionStateRecovery,
    RecoveryLog,
    RecoverySession,
)
from ackord.runtime.protocol.socketio.recovery_memory import RecoveryMemory
from ackord.runtime.protocol.socketio.room_history import RoomHistory
from ackord.runtime.server.contracts import RecoverableSocket
from ackord.runtime.server.turns import Turns

_EPOCH_BYTES = 3
_PID_BYTES = 15

REPEATED_BUFFERS: Final = 2
"""Events that may be repeated to one session in a minute, as a multiple of `max_buffered`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverySettings:
    """The settings that the recoveries of all namespaces share."""

    options: ConnectionStateRecovery
    memory: RecoveryMemory
    """Bounds on what all of them keep together."""
    budget: Callable[[], MemoryBudget]
    """Returns the budget of the running event loop."""
    grace: float
    """Seconds until a lost connection is noticed."""
    max_buffered: int
    """Bytes that a connection may buffer."""
    turns: Turns = field(default_factory=Turns)
    """Bounds how many clients read from a cluster's history at the same time."""


class Recovery:
    """Keeps the events that clients of one namespace miss while they are away, and recognizes the
    clients when they are back.
    """

    is_shared: Final = False
    """Whether the servers of a cluster keep the events together."""

    __slots__ = (
        "_account",
        "_budget",
        "_due",
        "_emptied",
        "_known",
        "_live",
        "_log",
        "_timer",
        "_told",
        "max_buffered",
        "skip_middlewares",
    )

    def __init__(
        self, settings: RecoverySettings, owner: str, adapter: Adapter, emptied: Callable[[], None]
    ) -> None:
        """Begin to follow the rooms of the clients.

        Args:
            settings: Those of the server.
            owner: The client or namespace that the memory counts for, to begin with.
            adapter: The adapter of the namespace.
            emptied: Called when no absent client is left.
        """
        self._log = RecoveryLog(
            settings.options,
            secrets.token_urlsafe(_EPOCH_BYTES),
            settings.memory,
            owner,
            settings.grace,
            REPEATED_BUFFERS * settings.max_buffered,
        )
        # By private id: clients that are connected, or are coming back.
        self._live: dict[str, RecoverableSocket] = {}
        # By public id: the sessions of these, and of clients that are joining.
        self._known: dict[str, RecoverySession] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # the time of the timer, which not every event loop's timers have
        self._emptied = emptied
        self._budget = settings.budget
        self._account: Account | None = None
        self._told = 0  # bytes of the log, as counted in the account
        self.max_buffered = settings.max_buffered
        """Bytes that a connection may buffer."""
        self.skip_middlewares = settings.options.skip_middlewares
        adapter.on("join-room", self._joined)
        adapter.on("leave-room", self._left)

    @property
    def log(self) -> RecoveryLog:
        """The pure log."""
        return self._log

    @property
    def most_bytes(self) -> int:
        """Bytes that the events may take."""
        return self._log.options.max_bytes

    def count_for(self, client: str) -> None:
        """Count the memory for a client."""
        self._log.owner = client

    def discard(self) -> None:
        """Forget events and clients: the event loop has ended."""
        self._log.clear()

    # Events

    @property
    def is_recording(self) -> bool:
        """Whether a connected or absent client may come back for an event."""
        return bool(self._live or self._log.sessions)

    def record(
        self,
        event: EncodedEvent,
        rooms: frozenset[str] | None,
        except_: frozenset[str] = frozenset(),
    ) -> EncodedEvent:
        """Record an event, and return it with its offset."""
        if not self.is_recording:
            return event
        marked = self._log.record(event, rooms, except_, _now())
        if self._log.size > self._told + LIGHT:
            self.measure()
        if self._timer is None:
            self._watch()
        return marked

    def mark(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event that is never replayed, in the form in which it is sent."""
        return self._log.mark_if_misleading(event)

    def send(self, sid: str, event: EncodedEvent, compress: bool) -> None:
        """See `SharedRecovery.send`: called only if `is_shared`."""
        raise NotImplementedError

    def record_for_absent(self, session: RecoverySession, event: EncodedEvent) -> None:
        """Record an event for an absent client."""
        if self._log.holds(session):
            self.record(event, frozenset((session.sid,)))

    # Memory

    def measure(self) -> None:
        """See `ackord.runtime.bounds.memory.Holder.measure`."""
        if self._account is None:
            self._account = Account(self._budget(), self)
        self._told = self._log.size
        self._account.hold(Part.HISTORY, self._told)

    def shed(self, account: Account) -> None:
        """See `ackord.runtime.bounds.memory.Holder.shed`: clients that missed the oldest events
        can't come back.
        """
        self._log.discard_events(account.weight - account.weight // 2)
        self.measure()

    # Rooms

    def _joined(self, room: str, sid: str | None) -> None:
        session = self._known.get(sid or "")
        if session is not None:
            self._log.note_joined(session, room)

    def _left(self, room: str, sid: str | None) -> None:
        session = self._known.get(sid or "")
        if session is not None:
            self._log.note_left(session, room)

    # Clients that come

    async def fetch(self, auth: dict[str, Any], client: str) -> None:
        """Called before `claim`: everything is at hand here."""

    def require_fresh_start(self, session: RecoverySession) -> None:
        """See `RecoveryLog.require_fresh_start`."""
        self._log.require_fresh_start(session)

    def knows(self, auth: dict[str, Any]) -> bool:
        """Whether the payload of CONNECT has the ``pid`` of an absent client, or of one whose loss
        wasn't noticed yet.
        """
        pid = auth.get("pid")
        return pid.__class__ is str and (pid in self._live or pid in self._log.sessions)

    def claim(self, auth: dict[str, Any]) -> RecoverySession | None:
        """Remove ``pid`` and ``offset`` from the payload of CONNECT, and return their session."""
        pid = auth.get("pid")
        if not isinstance(pid, str):
            return None
        del auth["pid"]
        offset = auth.pop("offset", None)
        if not (offset is None or isinstance(offset, str)):
            return None
        live = self._live.get(pid)
        if live is not None:
            # The client is back before this side noticed that it had gone.
            live._supersede()
        return self._log.claim(pid, offset, _now())

    def make_session(self, sid: str, client: str) -> RecoverySession:
        """Make the session of a new client; `client` is its address for limits."""
        return RecoverySession(
            sid, secrets.token_urlsafe(_PID_BYTES), RoomHistory(self._log.recorded), client=client
        )

    def attach(self, session: RecoverySession, socket: RecoverableSocket) -> None:
        """Note the socket of a session, before it joins; `part` or `refuse` must follow."""
        self._known[session.sid] = session
        if session.claimed:
            self._live[session.pid] = socket

    def missing(self, session: RecoverySession) -> int:
        """Return an upper bound of the bytes to replay to a client; 0 for one that gets a new
        session.
        """
        return (session.claimed and self._log.missing(session)) or 0

    def take_missed(self, session: RecoverySession, most: int) -> Iterator[EncodedEvent]:
        """Yield the next events that a client missed; see `RecoveryLog.take_missed`."""
        return self._log.take_missed(session, most)

    def check(self, socket: RecoverableSocket) -> None:
        """Give a client a new session if not all missed events are still kept: the middlewares may
        have taken long.
        """
        session = socket._recovery_session
        if session is not None and session.claimed and self._log.missing(session) is None:
            self._live.pop(session.pid, None)
            self._log.discard(session)
            anew = self.make_session(socket.id, session.client)
            self.attach(anew, socket)
            socket._begin_anew(anew)

    def join(self, session: RecoverySession, socket: RecoverableSocket) -> Iterator[EncodedEvent]:
        """Note that a client has joined; yield the events that it missed."""
        self._live[session.pid] = socket
        if session.claimed:
            session.claimed = False
            self._log.discard(session)
        else:
            self._log.begin(session)
        return self._log.take_missed(session)

    # Clients that go

    def part(self, session: RecoverySession, data: Any, reason: str) -> None:
        """Note that a connected client is gone; it stays in its rooms."""
        self._detach(session)
        if reason in RECOVERABLE:
            session.data = data
            self._log.persist(session, _now())
            self._watch()

    def refuse(self, session: RecoverySession, reason: str) -> None:
        """Note that a client didn't join; if it lost its connection meanwhile, it may come back
        until its session expires.
        """
        self._detach(session)
        if reason in RECOVERABLE:
            self._log.unclaim(session)
            self._watch()
        else:
            self._log.discard(session)

    def _detach(self, session: RecoverySession) -> None:
        self._live.pop(session.pid, None)
        if self._known.get(session.sid) is session:
            del self._known[session.sid]

    # Time

    @property
    def waits(self) -> bool:
        """Whether there are absent clients."""
        return bool(self._log.sessions)

    def close(self) -> None:
        """Forget everything."""
        self._log.clear()
        self._live.clear()
        if self._account is not None:
            self._account.release()
            self._account = None
            self._told = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        deadline = self._log.deadline()
        if deadline is None or (self._timer is not None and self._due <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = deadline
        self._timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._log.expire(
            max(_now(), self._due)
        )  # event loops may be early by the resolution of their clock
        if self._told:
            self.measure()
        self._watch()
        if not self.waits:
            self._emptied()


def _now() -> float:
    return asyncio.get_running_loop().time()
