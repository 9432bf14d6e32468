"""Connection state recovery over the servers of a cluster: the adapter keeps events and absent
clients (`History`), and a client may come back to any server.

Events are sent to clients with their positions in the history as offsets. A client that comes back
misses two kinds of events: those up to the position at which this server is when it takes the
session are read from the history; those that come later are recorded here until the client has
joined. So no event is lost or doubled between both.

What a client can make a server read is bounded. Few clients read at the same time, the others wait
for their turn. A session may have `READS` times as many entries read in a minute as events may be
missed: a client that comes back with an old offset again and again gets a new session. Events that
wait to be sent count in the memory budget.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from ackord.runtime.adapters.base import Adapter, BroadcastFlags, History, KeptSession, Target
from ackord.runtime.bounds.memory import LIGHT, Account, Part
from ackord.runtime.errors import AckordError, ClusterError, InvalidPayloadError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import printable, quoted
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.recovery import RECOVERABLE, RecoverySession
from ackord.runtime.protocol.socketio.room_history import RoomHistory
from ackord.runtime.server.contracts import RecoverableSocket
from ackord.runtime.server.recovery import Recovery, RecoverySettings
from ackord.runtime.server.registrations import Registrations
from ackord.runtime.sockets.failures import describe_failure

_PID_BYTES: Final = 15
READS: Final = 2
"""Entries of the history that may be read for one session in `WINDOW`, as a multiple of
`max_packets`.
"""
WINDOW: Final = 60.0
_COST: Final = 300
"""Bytes that an event takes beside its text and attachments, about."""


class _Missed:
    """The events that a client missed and wasn't sent yet."""

    __slots__ = ("events", "read", "rooms", "size")

    def __init__(self, rooms: frozenset[str]) -> None:
        self.rooms = rooms
        self.read = deque[tuple[EncodedEvent, int]]()  # those of the history, before `events`
        self.events: deque[tuple[EncodedEvent, int]] | None = deque()  # `None`: too many
        self.size = 0


class SharedRecovery:
    """Connection state recovery of one namespace, whose events and absent clients the servers of a
    cluster keep together.
    """

    is_shared: Final = True
    waits: Final = False
    """No client is absent here: the cluster keeps them."""

    __slots__ = (
        "_account",
        "_adapter",
        "_budget",
        "_fetched",
        "_history",
        "_live",
        "_log",
        "_missed",
        "_name",
        "_options",
        "_reads",
        "_registrations",
        "_size",
        "_told",
        "_turns",
        "max_buffered",
        "skip_middlewares",
    )

    def __init__(
        self,
        settings: RecoverySettings,
        adapter: Adapter,
        history: History,
        registrations: Registrations[Any],
        *,
        name: str,
        log: LimitedLog,
    ) -> None:
        """Begin without clients; `name` is that of the namespace."""
        self._name = name
        self._log = log
        self._options = settings.options
        self._adapter = adapter
        self._history = history
        self._registrations = registrations
        # By private id: clients that are connected, or are coming back.
        self._live: dict[str, RecoverableSocket] = {}
        # By private id: sessions that were taken from the history for `claim`.
        self._fetched: dict[str, RecoverySession] = {}
        # By private id: what clients that are coming back missed.
        self._missed: dict[str, _Missed] = {}
        self._size = 0  # bytes of the missed events of all clients
        self._told = 0  # the same, as counted in the account
        self._budget = settings.budget
        self._account: Account | None = None
        self._turns = settings.turns
        # By private id: when the reading for a session was counted first, and the entries.
        self._reads: dict[str, tuple[float, int]] = {}
        self.max_buffered = settings.max_buffered
        """Bytes that a connection may buffer."""
        self.skip_middlewares = settings.options.skip_middlewares

    @property
    def most_bytes(self) -> int:
        """Bytes that missed events may take."""
        return self._options.max_bytes

    def count_for(self, client: str) -> None:
        """See `Recovery.count_for`: the memory is bounded for all clients together."""

    def discard(self) -> None:
        """Forget the clients."""
        self._live.clear()
        self._fetched.clear()
        self._missed.clear()
        self._reads.clear()
        self._size = self._told = 0
        self._account = None

    def close(self) -> None:
        """Forget the clients, and count nothing for them."""
        if self._account is not None:
            self._account.release()
        self.discard()

    # Memory

    def _resize(self, change: int) -> None:
        self._size += change
        if abs(self._size - self._told) > LIGHT or (self._told and not self._size):
            self.measure()

    def measure(self) -> None:
        """See `ackord.runtime.bounds.memory.Holder.measure`."""
        if self._account is None:
            self._account = Account(self._budget(), self)
        self._told = self._size
        self._account.hold(Part.HISTORY, self._told)

    def shed(self, account: Account) -> None:  # noqa: ARG002  # the Protocol's signature
        """See `ackord.runtime.bounds.memory.Holder.shed`: the client that missed the most begins
        anew.
        """
        if self._missed:
            self._give_up(max(self._missed.values(), key=lambda each: each.size))
        self.measure()

    # Events

    @property
    def is_recording(self) -> bool:
        """Whether a client is coming back."""
        return bool(self._missed)

    def send(self, sid: str, event: EncodedEvent, compress: bool) -> None:
        """Send an event to one socket by the history."""
        self._adapter.broadcast(event, Target(frozenset((sid,))), BroadcastFlags(compress=compress))

    def record(
        self,
        event: EncodedEvent,
        rooms: frozenset[str] | None,
        except_: frozenset[str] = frozenset(),
    ) -> EncodedEvent:
        """Record an event for the clients that are coming back; return it with its offset."""
        marked = mark(event, self._history.position)
        for missed in self._missed.values():
            if (rooms is None or rooms & missed.rooms) and not except_ & missed.rooms:
                self._add(missed, missed.events, marked, _size(marked))
        return marked

    def mark(self, event: EncodedEvent) -> EncodedEvent:
        """Return an event that is never replayed, in the form in which it is sent."""
        if event.arguments.endswith('"]'):  # clients take such a string for an offset
            return mark(event, self._history.position)
        return event

    def record_for_absent(self, session: RecoverySession, event: EncodedEvent) -> None:
        """Record an event for a client that was connected here and is absent."""
        if session.expires > _now():
            self.send(session.sid, event, compress=True)

    def _add(
        self,
        missed: _Missed,
        place: deque[tuple[EncodedEvent, int]] | None,
        event: EncodedEvent,
        size: int,
    ) -> None:
        if place is None or missed.events is None:
            return
        if len(place) >= self._options.max_packets or self._size + size > self._options.max_bytes:
            self._give_up(missed)
            return
        place.append((event, size))
        missed.size += size
        self._resize(size)

    def _give_up(self, missed: _Missed) -> None:
        """Forget what a client missed: it gets a new session."""
        missed.events = None
        missed.read.clear()
        size, missed.size = missed.size, 0
        self._resize(-size)

    def _forget_missed(self, pid: str) -> None:
        missed = self._missed.pop(pid, None)
        if missed is not None:
            self._give_up(missed)

    # Clients that come

    def knows(self, auth: dict[str, Any]) -> bool:
        """Whether the payload of CONNECT may be that of an absent client."""
        return auth.get("pid").__class__ is str

    async def fetch(self, auth: dict[str, Any], client: str) -> None:
        """Take the session of a client that comes back from the history, for `claim`."""
        pid, offset = auth.get("pid"), auth.get("offset")
        if not isinstance(pid, str) or not (offset is None or isinstance(offset, str)):
            return
        live = self._live.get(pid)
        if live is not None:
            live._supersede()  # the client is back before this side noticed that it had gone
        if pid in self._missed or not self._may_read(pid):
            return  # it comes back twice at once, or too often
        async with self._turns.take():
            await self._take(pid, offset, client)

    def _may_read(self, pid: str) -> bool:
        since, entries = self._reads.get(pid, (0.0, 0))
        return _now() - since >= WINDOW or entries <= READS * self._options.max_packets

    def _count_read(self, pid: str, entries: int) -> None:
        now = _now()
        since, before = self._reads.pop(pid, (now, 0))
        if now - since >= WINDOW:
            since, before = now, 0
        self._reads[pid] = since, before + entries
        if len(self._reads) > self._options.max_sessions:
            del self._reads[next(iter(self._reads))]

    async def _take(self, pid: str, offset: str | None, client: str) -> None:
        try:
            kept = await self._history.take(pid, offset)
        except ClusterError:
            return
        if kept is None or pid in self._missed:
            return
        session = self._session_of(kept, client)
        if session is None:
            return
        # From here on the events of this server's reader are recorded.
        missed = self._missed[pid] = _Missed(kept.rooms | {kept.sid})
        try:
            await self._read_missed(kept, missed)
        except ClusterError:
            missed.events = None
        except BaseException:
            self._forget_missed(pid)
            self._keep(session, kept.rooms)
            raise
        if missed.events is None:
            self._forget_missed(pid)
        else:
            self._fetched[pid] = session

    async def _read_missed(self, kept: KeptSession, missed: _Missed) -> None:
        looked = 0
        try:
            async for position, event, size in self._history.missed(kept, self._history.position):
                looked += 1
                if looked > self._options.max_packets:
                    self._give_up(missed)
                elif event is not None:
                    self._add(missed, missed.read, mark(event, position), size + _COST)
                if missed.events is None:
                    return
        finally:
            self._count_read(kept.pid, looked)
        if missed.events is not None:
            missed.events.extendleft(reversed(missed.read))
            missed.read.clear()

    def _session_of(self, kept: KeptSession, client: str) -> RecoverySession | None:
        load = self._registrations.load_data
        try:
            data = kept.data if load is None else load(kept.data)
        except FailureReply as failure:
            self._warn("isn't as this server declares it", describe_failure(failure).lstrip(": "))
            return None
        except AckordError as error:
            self._warn("isn't as this server declares it", str(error))
            return None
        rooms = RoomHistory()
        for room in kept.rooms:
            rooms.join(room, 0)
        session = RecoverySession(kept.sid, kept.pid, rooms, client=client)
        session.since = kept.since
        session.data = data
        return session

    def _warn(self, what: str, why: str) -> None:
        self._log.write_warning(
            "session",
            self._name,
            f"The session data of a client that lost its connection {what}, so the client begins "
            f"anew (in namespace {quoted(self._name)}): {printable(why[:300])}",
        )

    def claim(self, auth: dict[str, Any]) -> RecoverySession | None:
        """Remove ``pid`` and ``offset`` from the payload of CONNECT, and return the session that
        was fetched.
        """
        pid = auth.get("pid")
        if not isinstance(pid, str):
            return None
        del auth["pid"]
        auth.pop("offset", None)
        session = self._fetched.pop(pid, None)
        if session is not None:
            session.claimed = True
        return session

    def make_session(self, sid: str, client: str) -> RecoverySession:
        """Make the session of a new client."""
        return RecoverySession(sid, secrets.token_urlsafe(_PID_BYTES), RoomHistory(), client=client)

    def attach(self, session: RecoverySession, socket: RecoverableSocket) -> None:
        """Note the socket of a session, before it joins; `part` or `refuse` must follow."""
        if session.claimed:
            self._live[session.pid] = socket

    def missing(self, session: RecoverySession) -> int:
        """Return the bytes to replay to a client."""
        missed = self._missed.get(session.pid)
        return 0 if missed is None else missed.size

    def take_missed(
        self, session: RecoverySession, most: float = float("inf")
    ) -> Iterator[EncodedEvent]:
        """Yield the next events that a client missed, up to `most` bytes; they count as sent."""
        missed = self._missed.get(session.pid)
        taken = 0
        while missed is not None and missed.events and taken < most:
            event, size = missed.events.popleft()
            missed.size -= size
            self._resize(-size)
            taken += size
            yield event

    def require_fresh_start(self, session: RecoverySession) -> None:
        """Give the client a new session, although its events are still kept."""
        missed = self._missed.get(session.pid)
        if missed is not None:
            self._give_up(missed)

    def check(self, socket: RecoverableSocket) -> None:
        """Give a client a new session if it missed more than may be kept."""
        session = socket._recovery_session
        if session is None or not session.claimed:
            return
        missed = self._missed.get(session.pid)
        if missed is None or missed.events is None:
            self._live.pop(session.pid, None)
            self._forget_missed(session.pid)
            socket._begin_anew(self.make_session(socket.id, session.client))

    def join(self, session: RecoverySession, socket: RecoverableSocket) -> Iterator[EncodedEvent]:
        """Note that a client has joined; return the events that it missed."""
        self._live[session.pid] = socket
        if not session.claimed:
            session.since = self._history.position
        session.claimed = False
        rest = list(self.take_missed(session))
        self._forget_missed(session.pid)
        return iter(rest)

    # Clients that go

    def part(self, session: RecoverySession, data: Any, reason: str) -> None:
        """Keep the session of a connected client that is gone, while it is in its rooms."""
        self._live.pop(session.pid, None)
        if reason in RECOVERABLE:
            session.data = data
            self._keep(session, self._adapter.socket_rooms(session.sid))

    def refuse(self, session: RecoverySession, reason: str) -> None:
        """Note that a client didn't join; if it lost its connection meanwhile, it may come back."""
        self._live.pop(session.pid, None)
        self._forget_missed(session.pid)
        if session.claimed and reason in RECOVERABLE:
            self._keep(session, session.history.current)

    def _keep(self, session: RecoverySession, rooms: frozenset[str]) -> None:
        seconds = self._options.max_disconnection_duration
        session.expires = _now() + seconds
        session.claimed = False
        dump = self._registrations.dump_data
        try:
            data = session.data if dump is None else dump(session.data)
            kept = KeptSession(session.sid, session.pid, rooms, data, session.since)
            self._history.keep(kept, seconds)
        except InvalidPayloadError as error:
            self._warn("can't be kept", str(error))


AnyRecovery: TypeAlias = Recovery | SharedRecovery


def mark(event: EncodedEvent, offset: str) -> EncodedEvent:
    """Return an event with an offset as its last argument."""
    arguments = event.arguments[:-1] + ",null" * event.absent
    return EncodedEvent(event.name, f'{arguments},"{offset}"]', event.attachments)


def _size(event: EncodedEvent) -> int:
    return len(event.arguments) + sum(map(len, event.attachments)) + _COST


def _now() -> float:
    return asyncio.get_running_loop().time()
