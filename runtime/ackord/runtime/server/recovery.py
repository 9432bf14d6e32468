"""Connection state recovery of one namespace: the pure log, with the loop's clock, and the clients that are there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ackord.runtime.socketio.event import EncodedEvent
from ackord.runtime.socketio.recovery import RECOVERABLE, ConnectionStateRecovery, RecoveryLog, RecoverySession

__all__ = ["ConnectionStateRecovery", "Recovery"]

if TYPE_CHECKING:
    from ackord.runtime.server.member import Member

_EPOCH_BYTES = 3
_PID_BYTES = 15


class Recovery:
    """Keeps what clients of one namespace miss while they are away, and knows them when they are back."""

    __slots__ = ("_emptied", "_live", "_log", "_timer", "skip_middlewares")

    def __init__(self, options: ConnectionStateRecovery, *, grace: float, emptied: Callable[[], None]) -> None:
        """Take the options, the seconds until a lost connection is noticed, and what to call when no client is away any longer."""
        self._log = RecoveryLog(options, secrets.token_urlsafe(_EPOCH_BYTES), grace)
        self._live: dict[str, Member] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._emptied = emptied
        self.skip_middlewares = options.skip_middlewares

    @property
    def log(self) -> RecoveryLog:
        """What is kept."""
        return self._log

    def record(self, event: EncodedEvent, rooms: frozenset[str], except_: frozenset[str] = frozenset()) -> EncodedEvent:
        """Keep an event that is being sent, and return it as it is to be sent."""
        if not self._live and not self._log.sessions:
            return event
        marked = self._log.record(event, rooms, except_, _now())
        if self._timer is None:
            self._watch()
        return marked

    def mark(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event that is never replayed as it is to be sent."""
        return self._log.mark_if_misleading(event)

    def claim(self, auth: dict[str, Any]) -> RecoverySession | None:
        """Take ``pid`` and ``offset`` out of the payload of CONNECT, and return the session that they mean."""
        pid = auth.get("pid")
        if not isinstance(pid, str):
            return None
        del auth["pid"]
        offset = auth.pop("offset", None)
        if not (offset is None or isinstance(offset, str)):
            return None
        live = self._live.get(pid)
        if live is not None:
            # It is back before this side noticed that it had gone.
            live.supersede()
        return self._log.claim(pid, offset, _now())

    def make_session(self, sid: str) -> RecoverySession:
        """Make the session of a new client."""
        return RecoverySession(sid, secrets.token_urlsafe(_PID_BYTES))

    def join(self, session: RecoverySession, socket: Member) -> Iterable[EncodedEvent]:
        """Note that a client is there; return what it missed."""
        self._live[session.pid] = socket
        if not session.claimed:
            self._log.begin(session)
            return ()
        session.claimed = False
        self._log.forget(session)
        return self._log.missed(session) or ()

    def check(self, socket: Member) -> None:
        """Make a client that is back a new one if not all that it missed is still there: the middlewares may have taken their time."""
        session = socket.recovery_session
        if session is not None and session.claimed and self._log.missed(session) is None:
            self._log.forget(session)
            socket.begin_anew(self.make_session(socket.id))

    def part(self, session: RecoverySession, rooms: frozenset[str], data: Any, reason: str) -> None:
        """Note that a client that was there is gone."""
        self._live.pop(session.pid, None)
        if reason in RECOVERABLE:
            session.rooms = rooms
            session.data = data
            self._log.persist(session, _now())
            self._watch()

    def refuse(self, session: RecoverySession, reason: str) -> None:
        """Note that a client didn't get in."""
        self._live.pop(session.pid, None)
        if reason in RECOVERABLE:
            self._log.release(session)
            self._watch()
        else:
            self._log.forget(session)

    def record_for_absent(self, session: RecoverySession, event: EncodedEvent) -> None:
        """Keep an event for a client that is away."""
        if self._log.holds(session):
            self.record(event, frozenset((session.sid,)))

    @property
    def waits(self) -> bool:
        """Whether clients are away that may come back."""
        return bool(self._log.sessions)

    def close(self) -> None:
        """Forget everything."""
        self._log.clear()
        self._live.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        deadline = self._log.deadline()
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        waited = self.waits
        self._log.expire(_now())
        self._watch()
        if waited and not self.waits:
            self._emptied()


def _now() -> float:
    return asyncio.get_running_loop().time()
