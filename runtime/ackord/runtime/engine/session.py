"""One Engine.IO session of a server, joined with its transports, its timer and its handler.

`ackord.runtime.protocol.engineio.session.Session` decides, and does nothing itself; an
`EngineSession` does what that machine asks for. The rules:

- After each input to the machine, `run` must be called: it performs the machine's actions in their
  order, then sets the timer. An action may give the machine another input; `run` never runs within
  itself, but performs the added actions at its end.
- Over long-polling, `send` only collects packets. All packets of one turn of the event loop become
  one response, so the handler is never called from within `send`.
- Over an open WebSocket most messages need no decision, and go past the machine: `send` writes
  straight to the WebSocket, and `ackord.runtime.engine.websocket_end` hands short messages straight
  to the handler. `_update_shortcuts` says, once after each change, whether that is so.
- Backpressure: a WebSocket buffers what the network doesn't take. While the WebSocket is paused,
  each `send` checks how many bytes wait. More than `max_buffered` bytes end the session as a slow
  consumer; all sessions together are bounded by `ackord.runtime.bounds.memory`. In the other
  direction, nothing is read from a client while its handler is congested.

The requests of long-polling reach a session by the functions of `ackord.runtime.engine.polled`, its
WebSockets by those of `ackord.runtime.engine.websocket_end`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar, Final, assert_never

from ackord.runtime.bounds.memory import LIGHT, Account, Holder, MemoryBudget, Part
from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.link import EngineHandler, EngineRequest, EngineSocket
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.timers import AlarmClock
from ackord.runtime.engine.violations import warn_of_memory, warn_of_slowness
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.logs.limited import LimitedLog
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
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.protocol.engineio.packet import Packet, encode_packet
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.engineio.session import SLOW_CONSUMER, Session
from ackord.runtime.protocol.engineio.state import State
from typing_extensions import override

OUT_OF_MEMORY: Final = "memory budget"
"""Description of the end of a session that held the most when the memory budget was exceeded."""

NO_LENGTH: Final = -1
"""An `EngineSession.unchecked_length` that no message fits."""


class EngineSession(EngineSocket, Holder):
    """One session; made by `EngineServer`."""

    __slots__ = (
        "_alarm",
        "_budget",
        "_has_claimed",
        "_is_closed_by_handler",
        "_is_flush_due",
        "_on_closed",
        "_on_first_message",
        "_wants_base64",
        "_wire",
        "account",
        "clock",
        "handler",
        "is_half_open",
        "is_running",
        "light",
        "log",
        "loop",
        "machine",
        "max_buffered",
        "max_payload",
        "post",
        "post_deadline",
        "probe",
        "probe_wants_base64",
        "request",
        "sid",
        "unchecked_length",
        "waiting_get",
        "websocket",
    )

    is_logged: ClassVar[bool] = False
    """Whether packets are written to the log; true for `LoggedSession`."""

    handler: EngineHandler
    """The upper layer's end; set by `start`."""
    unchecked_length: int
    """The length up to which a message of `websocket` needn't go through the machine; set by
    `start`.
    """

    def __init__(
        self,
        sid: str,
        request: EngineRequest,
        machine: Session,
        *,
        websocket: ServerWebSocket | None,
        clock: AlarmClock,
        max_payload: int,
        max_buffered: int,
        budget: MemoryBudget,
        on_first_message: Callable[[EngineSession], object],
        on_closed: Callable[[EngineSession], None],
        log: LimitedLog,
    ) -> None:
        """Take the parts of a session; `start` begins it.

        `on_first_message` is called when the client's first message has come, `on_closed` when the
        session is over.
        """
        self.sid = sid
        self.request = request
        self.machine = machine
        self.websocket = websocket
        """The session's WebSocket, `None` over long-polling."""
        self.max_payload = max_payload
        self.max_buffered = max_buffered
        self.light = min(LIGHT, max_buffered)
        """Bytes that may wait for a WebSocket before they are counted again."""
        self.loop = asyncio.get_running_loop()
        """The event loop of the session, kept because `get_running_loop` costs a system call on
        Python 3.11.
        """
        self.clock = clock
        self.is_half_open = True
        """Whether the client has sent no message yet."""
        self.is_running = True  # until `start`: there is no handler yet that could be called
        """Whether the actions of the machine are being performed."""
        self.account: Account | None = None  # made when there is something to count
        self.probe: ServerWebSocket | None = None
        """The WebSocket that was offered for an upgrade."""
        self.probe_wants_base64 = False
        self.waiting_get: WaitingGet | None = None
        self.post: IncomingPost | None = None
        """The POST whose body is being read; it must be complete at `post_deadline`."""
        self.post_deadline = 0.0
        self._wire: ServerWebSocket | None = None  # the WebSocket, where `send` may write to it
        self._alarm = clock.alarm(self._expire)
        self._budget = budget
        self._on_first_message = on_first_message
        self._on_closed = on_closed
        self.log = log
        """The log of the engine, with a limit for each kind of line."""
        self._wants_base64 = websocket is not None and wants_base64(request)
        self._has_claimed = False  # whether a volatile packet was sent in this turn of the loop
        self._is_flush_due = False
        self._is_closed_by_handler = False

    def start(
        self, packets: Iterable[Packet], connect: Callable[[EngineSocket], EngineHandler]
    ) -> None:
        """Send the open packet and the packets after it, then make the handler."""
        for packet in packets:
            if self.websocket is None:
                self._put(packet)
            else:
                self._write(packet)
        self.handler = connect(self)
        self.is_running = False
        self.run()

    # The upper layer's side

    @property
    @override
    def transport(self) -> str:
        return POLLING if self.websocket is None else WEBSOCKET

    @property
    @override
    def is_open(self) -> bool:
        return self.machine.is_open

    @property
    @override
    def writable(self) -> bool:
        if self._has_claimed or not self.machine.is_open:
            return False
        return self.machine.writable if self.websocket is None else self.websocket.buffered == 0

    @property
    @override
    def buffered(self) -> int:
        return self.machine.buffered if self.websocket is None else self.websocket.buffered

    @override
    def claim(self) -> bool:
        if not self.writable:
            return False
        self._has_claimed = True
        self.loop.call_soon(self._release)
        return True

    def _release(self) -> None:
        self._has_claimed = False

    @override
    def send(self, packet: str) -> None:
        wire = self._wire
        if wire is None:
            self._put(packet)
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
            self._overflow()
        else:
            wire.send(packet)

    @override
    def send_prepared(self, prepared: Prepared) -> None:
        wire = self._wire
        if wire is None:
            self._put(prepared)
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
            self._overflow()
        elif self._wants_base64:
            self._write(prepared)
        else:
            wire.send_prepared(prepared)

    @override
    def send_binary(self, data: bytes) -> None:
        wire = self._wire
        if wire is None:
            self._put(data)
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
            self._overflow()
        else:
            self._write(data)

    @override
    def close(self, *, discard: bool = False, reason: str = "forced close") -> None:
        self._is_closed_by_handler = True
        self.machine.close(reason, self.loop.time(), discard=discard)
        # A handler may call this while `run` hands a message to that handler; then `run` updates
        # the shortcuts only later.
        self._update_shortcuts()
        self.run()

    def _put(self, message: Outgoing) -> None:
        self.machine.send(message, self.loop.time())
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        if self.waiting_get is None and self.machine.buffered > LIGHT:
            self.hold(Part.OUTGOING, self.machine.buffered)
        self.machine.flush(self.loop.time())
        self.run()

    def _is_overfull(self, wire: ServerWebSocket) -> bool:
        """Count what the network hasn't taken yet; return whether that is more than may wait."""
        size = wire.buffered
        if size > self.max_buffered:
            return True
        self.light = min(size + LIGHT, self.max_buffered)
        self.hold(Part.OUTGOING, size)
        return False

    def _overflow(self) -> None:
        self.machine.close_with_error(SLOW_CONSUMER)
        self._update_shortcuts()
        self._flush_soon()

    # The machine

    def run(self) -> None:
        """Perform the machine's actions, and set the timer."""
        if self.is_running:
            return
        self.is_running = True
        try:
            while actions := self.machine.outgoing():
                for action in actions:
                    try:
                        self.perform(action)
                    except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
                        contain(exc)
                        self.log.crash(
                            f"{type(action).__name__} of an Engine.IO session",
                            exc,
                            " (the session is closed)",
                        )
                        self.machine.close_with_error("internal error")
        finally:
            self.is_running = False
        self._update_shortcuts()
        deadline = self.machine.deadline()
        if self.post is not None and deadline is not None and self.post_deadline < deadline:
            deadline = self.post_deadline
        self._alarm.set(deadline)

    def close_with_error(self, description: str, *, code: int | None = None) -> None:
        """Close the session at once because of an error."""
        self.machine.close_with_error(description, code=code)
        self.run()

    def blame_handler(self, exc: BaseException) -> None:
        """Close the session after an exception of the handler, which must not raise any."""
        contain(exc)
        self.log.crash("The handler of an Engine.IO session", exc, " (the session is closed)")
        self.close_with_error("internal error")

    def expire_if_due(self) -> None:
        """Do what is due although the timer is late, so that no request reaches a session whose
        time is over.
        """
        now = self.loop.time()
        deadline = self.machine.deadline()
        if deadline is not None and deadline <= now and not self.clock.is_catching_up:
            self._expire(now)

    def _expire(self, now: float) -> None:
        if self.post is not None and self.post_deadline <= now:
            self.machine.close_with_error(
                f"request body incomplete after {self.post.patience:g} seconds"
            )
        deadline = self.machine.heartbeat.at
        if deadline <= now and not self.is_running and self.handler.congested:
            # Nothing is read while the handler is congested, so the PONG may wait unread.
            self.machine.heartbeat.postpone(now)
        self.machine.expire(now)
        self.run()

    def _update_shortcuts(self) -> None:
        """Decide which messages needn't go through the machine.

        No character has more than four bytes in UTF-8: up to a quarter of `max_payload` a text
        needn't be measured. The first message always goes through the machine, because that message
        ends the session's time as a half-open one.
        """
        machine = self.machine
        if machine.state is not State.WEBSOCKET:
            self._wire = None
            self.unchecked_length = NO_LENGTH
            return
        self._wire = self.websocket
        must_see_all = self.is_half_open or machine.heartbeat.lenient
        self.unchecked_length = NO_LENGTH if must_see_all else self.max_payload // 4

    def perform(self, action: Action) -> None:  # noqa: C901, PLR0912 - one case for each action
        """Perform one action of the machine."""
        match action:
            case Deliver(message):
                self._deliver(message)
            case AnswerPoll():
                if self.account is not None:
                    self.account.hold(Part.OUTGOING, 0)
                get, self.waiting_get = self.waiting_get, None
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
                if self.probe is not None and self.probe.buffered <= self.max_buffered:
                    self.probe.send(packet)
            case AdoptProbe():
                self.websocket, self.probe = self.probe, None
                self._wants_base64 = self.probe_wants_base64
            case CloseProbe():
                probe, self.probe = self.probe, None
                if probe is not None:
                    probe.close()
            case End(reason, description):
                self._end(reason, description)
            case _:
                assert_never(action)

    def _deliver(self, message: Packet) -> None:
        if self.is_half_open:
            self.is_half_open = False
            self._on_first_message(self)
        # The handler may have closed the session at an earlier packet of the same payload.
        if self._is_closed_by_handler:
            return
        try:
            if isinstance(message, bytes):
                self.handler.receive_binary(message)
            else:
                self.handler.receive_text(message)
        except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
            self.blame_handler(exc)

    def _write(self, message: Outgoing) -> None:
        websocket = self.websocket
        if websocket is None:
            return
        if isinstance(message, Prepared):
            if self._wants_base64:
                for packet in message.packets:
                    websocket.send(packet)
            else:
                websocket.send_prepared(message)
        else:
            websocket.send(encode_packet(message) if self._wants_base64 else message)

    def _end(self, reason: str, description: str | None) -> None:
        self._alarm.close()
        if description == SLOW_CONSUMER:
            warn_of_slowness(self.log, self.request, self.max_buffered)
        self._on_closed(self)
        if self.account is not None:
            self.account.hold(Part.OUTGOING, 0)
        with Step("tell the handler of a session that it has ended", self.log):
            self.handler.closed(reason, description)
        post, self.post = self.post, None
        if post is not None:
            with Step("close the request that a session was reading", self.log):
                post.close()

    # Memory

    @override
    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        account = self.account
        if account is None:
            if not size:
                return
            account = self.account = Account(self._budget, self)
        account.hold(part, size, drop)

    @override
    def measure(self) -> None:
        # A network doesn't tell when it has taken bytes, so they are measured here.
        account = self.account
        if account is not None and account.holds(Part.OUTGOING):
            size = self.buffered
            self.light = min(size + LIGHT, self.max_buffered)
            account.hold(Part.OUTGOING, size)

    @override
    def shed(self, account: Account) -> None:
        # A session that has ended already holds the events that still wait for handlers.
        has_gone = self.machine.state is State.CLOSED
        warn_of_memory(self.log, self.request, account, has_gone=has_gone)
        self.machine.close_with_error(OUT_OF_MEMORY)
        self._update_shortcuts()
        self.loop.call_soon(self.run)  # no handler may be called before the next turn
        account.close()
        for websocket in (self.websocket, self.probe):
            if websocket is not None:
                websocket.abort()

    def discard(self) -> None:
        """Forget the session's account: the event loop has ended."""
        if self.account is not None:
            self.account.release()

    # Logs

    def watch_websocket(self, websocket: ServerWebSocket) -> ServerWebSocket:
        """Return the WebSocket that the session writes to: `websocket`, or a wrapper that logs."""
        return websocket

    def watch_receiver(self, receiver: WebSocketReceiver) -> WebSocketReceiver:
        """Return the receiver of the messages of a WebSocket: `receiver`, or a wrapper that
        logs.
        """
        return receiver

    def watch_payload(self, body: bytes) -> None:
        """Log the packets of a POST, where packets are logged."""


def wants_base64(request: EngineRequest) -> bool:
    """Return whether the client that opened a WebSocket takes binary messages as base64 only.

    Each WebSocket has its own answer; over long-polling, binary messages are always base64.
    """
    return bool(request.query.get("b64"))
