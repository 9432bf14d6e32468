"""The machine of one session on the event loop: woken in time, and what it asks for is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, assert_never

from ackord.runtime.bounds.memory import LIGHT, Account, MemoryBudget, Part
from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.link import EngineHandler, HandshakeRequest
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.timers import AlarmClock
from ackord.runtime.engine.websocket import ServerWebSocket
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.actions import (
    Action,
    AdoptProbe,
    AnswerPoll,
    CloseProbe,
    CloseWebSocket,
    Deliver,
    End,
    Outgoing,
    Write,
    WriteProbe,
)
from ackord.runtime.protocol.engineio.packet import Packet, encode_packet
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.engineio.session import SLOW_CONSUMER, Session
from ackord.runtime.protocol.engineio.state import State

_VIOLATIONS: Final[Mapping[str, str]] = {
    "close code 1002": "a malformed frame",
    "close code 1007": "a text that isn't UTF-8",
}
OUT_OF_MEMORY: Final = "memory budget"
"""Description of the end of a session that held the most when all sessions together held too much.
"""


class RunningSession:
    """A session's machine, the transports and the handler that its actions are for, and the alarm
    that wakes it.

    Whoever tells the machine something calls `_run` afterwards.
    """

    __slots__ = (
        "_account",
        "_alarm",
        "_base64",
        "_budget",
        "_claimed",
        "_clock",
        "_forget",
        "_get",
        "_is_half_open",
        "_log",
        "_loop",
        "_muted",
        "_post",
        "_post_until",
        "_probe",
        "_probe_base64",
        "_running",
        "_scheduled",
        "_settle",
        "_wire",
        "direct",
        "handler",
        "light",
        "max_buffered",
        "max_payload",
        "request",
        "session",
        "sid",
        "websocket",
    )

    handler: EngineHandler
    """The upper layer's end; set by `start`."""

    def __init__(
        self,
        sid: str,
        request: HandshakeRequest,
        session: Session,
        *,
        websocket: ServerWebSocket | None,
        clock: AlarmClock,
        max_payload: int,
        max_buffered: int,
        budget: MemoryBudget,
        settle: Callable[[RunningSession], object],
        forget: Callable[[RunningSession], None],
        log: LimitedLog,
    ) -> None:
        self.sid = sid
        self.request = request
        self.session = session
        self.websocket = websocket
        """The session's WebSocket, `None` over long-polling."""
        self.direct = -1
        """The length up to which a message of `websocket` may go straight to the handler; -1 while
        the session has to look at all of them.
        """
        self.max_payload = max_payload
        self.max_buffered = max_buffered
        self.light = min(LIGHT, max_buffered)
        """Bytes that may wait for a WebSocket before they are counted again."""
        self._budget = budget
        self._account: Account | None = None  # made when there is something to count
        self._wire: ServerWebSocket | None = (
            None  # the WebSocket, while what is sent goes straight to it
        )
        self._probe: ServerWebSocket | None = None
        self._get: WaitingGet | None = None
        self._post: IncomingPost | None = None
        self._post_until = 0.0
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._alarm = clock.alarm(self._expire)
        self._settle = settle
        self._forget = forget
        self._log = log
        self._is_half_open = True
        self._claimed = (
            False  # whether a volatile packet has gone out in this turn of the event loop
        )
        self._base64 = websocket is not None and wants_base64(request)
        self._probe_base64 = False
        self._running = True  # until `start`: nothing may reach a handler that isn't there yet
        self._scheduled = False
        self._muted = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the session lives on; to ask for the running one costs a system call
        on Python 3.11.
        """
        return self._loop

    @property
    def is_half_open(self) -> bool:
        """Whether the client has sent no message yet."""
        return self._is_half_open

    def expire_if_due(self) -> None:
        """Do what the session's timer is late for: a request must not meet a session that is over
        by the clock.
        """
        now = self._loop.time()
        deadline = self.session.deadline()
        if deadline is not None and deadline <= now and not self._clock.is_catching_up:
            self._expire(now)

    def fail(self, description: str, *, code: int | None = None) -> None:
        """End the session because of its transport."""
        self.session.fail(description, code=code)
        self._run()

    def blame_handler(self, exc: BaseException) -> None:
        """End the session after an exception of the upper layer, which promised to raise none."""
        contain(exc)
        self._log.crash("The handler of an Engine.IO session", exc, " (the session is closed)")
        self.fail("internal error")

    def _run(self) -> None:
        if self._running:
            return
        self._running = True
        try:
            while actions := self.session.outgoing():
                for action in actions:
                    try:
                        self._perform(action)
                    except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
                        contain(exc)
                        self._log.crash(
                            f"{type(action).__name__} of an Engine.IO session",
                            exc,
                            " (the session is closed)",
                        )
                        self.session.fail("internal error")
        finally:
            self._running = False
        self._find_ways()
        deadline = self.session.deadline()
        if self._post is not None and deadline is not None and self._post_until < deadline:
            deadline = self._post_until
        self._alarm.set(deadline)

    def _find_ways(self) -> None:
        """See which messages needn't go through the session's machine: this is asked once for each
        change, not for each message.
        """
        session = self.session
        is_plain = session.state is State.WEBSOCKET
        self._wire = self.websocket if is_plain else None
        # No character has more than four bytes in UTF-8: up to this length a text needn't be
        # measured.
        # The first message takes the long way whatever its length: it tells that somebody is there.
        self.direct = (
            self.max_payload // 4
            if is_plain and not session.heartbeat.lenient and not self._is_half_open
            else -1
        )

    def _expire(self, now: float) -> None:
        if self._post is not None and self._post_until <= now:
            self.session.fail(f"request body incomplete after {self._post.patience:g} seconds")
        deadline = self.session.heartbeat.at
        if deadline <= now and not self._running and self.handler.congested:
            # The answer to the ping may wait unread: nothing is read while events wait for
            # handlers.
            self.session.heartbeat.postpone(now)
        self.session.expire(now)
        self._run()

    def _perform(self, action: Action) -> None:  # noqa: C901, PLR0912 - one case for each action
        match action:
            case Deliver(message):
                self._deliver(message)
            case AnswerPoll():
                if self._account is not None:
                    self._account.hold(Part.OUTGOING, 0)
                get, self._get = self._get, None
                if get is not None:
                    get.answer(action)
            case Write(message):
                self._write(message)
            case CloseWebSocket(code, abort):
                if self.websocket is not None:
                    if abort:
                        self.websocket.abort()
                    else:
                        self.websocket.close(code)
            case WriteProbe(packet):
                # A client that doesn't read gets no answer to its next probe.
                if self._probe is not None and self._probe.buffered <= self.max_buffered:
                    self._probe.send(packet)
            case AdoptProbe():
                self.websocket, self._probe = self._probe, None
                self._base64 = self._probe_base64
            case CloseProbe():
                probe, self._probe = self._probe, None
                if probe is not None:
                    probe.close()
            case End(reason, description):
                self._alarm.close()
                if description == SLOW_CONSUMER:
                    self._warn_of_slowness()
                self._forget(self)
                if self._account is not None:
                    self._account.hold(Part.OUTGOING, 0)
                with Step("tell the handler of a session that it has ended", self._log):
                    self.handler.closed(reason, description)
                post, self._post = self._post, None
                if post is not None:
                    with Step("give up the request that a session was reading", self._log):
                        post.give_up()
            case _:
                assert_never(action)

    def _deliver(self, message: Packet) -> None:
        if self._is_half_open:
            self._is_half_open = False
            self._settle(self)
        if (
            self._muted
        ):  # the upper layer closed the session at an earlier packet of the same payload
            return
        try:
            if isinstance(message, bytes):
                self.handler.receive_binary(message)
            else:
                self.handler.receive_text(message)
        except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
            self.blame_handler(exc)

    # Memory

    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        """See `ackord.runtime.engine.link.EngineSocket.hold`."""
        account = self._account
        if account is None:
            if not size:
                return
            account = self._account = Account(self._budget, self)
        account.hold(part, size, drop)

    def measure(self) -> None:
        """See `ackord.runtime.bounds.memory.Holder.measure`: the networks don't tell what they have
        taken.
        """
        account = self._account
        if account is not None and account.holds(Part.OUTGOING):
            size = self.session.buffered if self.websocket is None else self.websocket.buffered
            self.light = min(size + LIGHT, self.max_buffered)
            account.hold(Part.OUTGOING, size)

    def shed(self, account: Account) -> None:
        """End the session, in the next turn of the event loop, and let go now of what it holds.

        Of a session that has ended already it is the events that still wait for handlers.
        """
        consequence = (
            "has gone, and its events that wait are dropped"
            if self.session.state is State.CLOSED
            else "is disconnected"
        )
        self._log.write_warning(
            "memory_budget",
            None,
            f"A client at {quoted(self.request.address)} {consequence}: all clients together make this process hold more than memory_budget "
            f"({account.limit:,} bytes), and this one the most: {account}.",
        )
        self.session.fail(OUT_OF_MEMORY)
        self._find_ways()
        self._loop.call_soon(self._run)
        account.close()
        for websocket in (self.websocket, self._probe):
            if websocket is not None:
                websocket.abort()

    def discard(self) -> None:
        """Count nothing any more: the event loop has ended."""
        if self._account is not None:
            self._account.release()

    def _warn_of_slowness(self) -> None:
        self._log.write_warning(
            "slow consumer",
            None,
            (
                f"A client at {quoted(self.request.address)} is disconnected: more than "
                f"max_buffered ({self.max_buffered:,} bytes) wait for it."
            ),
        )

    def warn_of_size(self, size: int | None) -> None:
        """Log that a message or the body of a request is larger than it may be."""
        words = "more bytes than that" if size is None else f"{size:,} bytes"
        self._log.write_warning(
            "max_payload",
            None,
            f"A client at {quoted(self.request.address)} sent {words}, over max_payload ({self.max_payload:,} bytes): a message ends the "
            "connection, the body of a POST is refused with 413. Raise max_payload if such "
            "messages are meant.",
        )

    def warn_of_violation(self, description: str | None) -> None:
        """Log that the client broke the protocol of WebSockets; messages that are too large were
        logged already.
        """
        words = _VIOLATIONS.get(description or "")
        if words is not None:
            self._log.write_warning(
                "websocket violation",
                description,
                (
                    f"A client at {quoted(self.request.address)} broke the protocol of WebSockets "
                    f"and is disconnected with {description}: {words}."
                ),
            )

    def _write(self, message: Outgoing) -> None:
        websocket = self.websocket
        if websocket is None:
            return
        if isinstance(message, Prepared):
            if self._base64:
                for packet in message.packets:
                    websocket.send(packet)
            else:
                websocket.send_prepared(message)
        else:
            websocket.send(encode_packet(message) if self._base64 else message)


def wants_base64(request: HandshakeRequest) -> bool:
    """Whether the client of a WebSocket with this request takes binary messages as base64 only.

    Each transport has its own answer: over long-polling binary messages are base64 anyway.
    """
    return bool(request.query.get("b64"))
