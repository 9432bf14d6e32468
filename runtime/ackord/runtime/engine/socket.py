"""One Engine.IO session on the event loop: joins the session's machine, its transports and the upper layer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final, assert_never

from ackord.runtime.engine.link import EngineHandler, HandshakeRequest
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.timers import AlarmClock
from ackord.runtime.engineio.actions import (
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
from ackord.runtime.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.engineio.packet import MESSAGE, SEPARATOR, Packet, decode_payload, encode_packet, utf8_length
from ackord.runtime.engineio.prepared import Prepared
from ackord.runtime.engineio.session import SLOW_CONSUMER, Session
from ackord.runtime.engineio.state import State
from ackord.runtime.transports.base import ServerWebSocket

_logger = logging.getLogger(__name__)

_MESSAGE: Final = MESSAGE.encode()
_SEPARATOR: Final = SEPARATOR.encode()

MESSAGE_TOO_BIG: Final = 1009
"""Close code of RFC 6455, 7.4.1."""

PACKETS_PER_TURN: Final = 256
"""Packets of one POST that are handled before other sessions have their turn."""


class EngineSocket:
    """One Engine.IO session, as `ackord.runtime.engine.link.EngineSocket` describes it; made by `EngineServer`."""

    __slots__ = (
        "_alarm",
        "_base64",
        "_clock",
        "_forget",
        "_get",
        "_is_half_open",
        "_loop",
        "_muted",
        "_post",
        "_post_until",
        "_probe",
        "_running",
        "_scheduled",
        "_settle",
        "_wire",
        "direct",
        "handler",
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
        settle: Callable[[], None],
        forget: Callable[[EngineSocket], None],
    ) -> None:
        self.sid = sid
        self.request = request
        self.session = session
        self.websocket = websocket
        """The session's WebSocket, `None` over long-polling."""
        self.direct = -1
        """The length up to which a message of `websocket` may go straight to the handler; -1 while the session has to look at all of them."""
        self.max_payload = max_payload
        self.max_buffered = max_buffered
        self._wire: ServerWebSocket | None = None  # the WebSocket, while what is sent goes straight to it
        self._probe: ServerWebSocket | None = None
        self._get: WaitingGet | None = None
        self._post: IncomingPost | None = None
        self._post_until = 0.0
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._alarm = clock.alarm(self._expire)
        self._settle = settle
        self._forget = forget
        self._is_half_open = True
        self._base64 = "b64" in request.query
        self._running = True  # until `start`: nothing may reach a handler that isn't there yet
        self._scheduled = False
        self._muted = False

    def start(self, packets: Iterable[Packet], connect: Callable[[EngineSocket], EngineHandler]) -> None:
        """Send the open packet and what follows it, then make the upper layer's end."""
        for packet in packets:
            if self.websocket is None:
                self._put(packet)
            else:
                self._write(packet)
        self.handler = connect(self)
        self._running = False
        self._run()

    # The upper layer's side

    @property
    def transport(self) -> str:
        """``"polling"`` or ``"websocket"``."""
        return POLLING if self.websocket is None else WEBSOCKET

    @property
    def is_open(self) -> bool:
        """Whether packets can still be sent."""
        return self.session.is_open

    @property
    def is_half_open(self) -> bool:
        """Whether the client has sent no message yet."""
        return self._is_half_open

    @property
    def writable(self) -> bool:
        """Whether a packet would go out at once."""
        if not self.session.is_open:
            return False
        return self.session.writable if self.websocket is None else self.websocket.buffered == 0

    def send(self, packet: str) -> None:
        """Send one text packet, type digit included."""
        wire = self._wire
        if wire is None:
            self._put(packet)
        elif wire.paused and wire.buffered > self.max_buffered:
            self._overflow()
        else:
            wire.send(packet)

    def send_prepared(self, prepared: Prepared) -> None:
        """Send a text packet and its attachments, with nothing between them."""
        wire = self._wire
        if wire is None:
            self._put(prepared)
        elif wire.paused and wire.buffered > self.max_buffered:
            self._overflow()
        elif self._base64:
            self._write(prepared)
        else:
            wire.send_prepared(prepared)

    def send_binary(self, data: bytes) -> None:
        """Send one binary message, for users of the engine without Socket.IO."""
        wire = self._wire
        if wire is None:
            self._put(data)
        elif wire.paused and wire.buffered > self.max_buffered:
            self._overflow()
        else:
            self._write(data)

    def close(self, *, discard: bool = False, reason: str = "forced close") -> None:
        """Close the session: after what is buffered, or at once with `discard`."""
        self._muted = True
        self.session.close(reason, self._loop.time(), discard=discard)
        self._find_ways()  # where a handler closes while `_run` hands it a message, `_run` comes to that only later
        self._run()

    # The transports' side

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the session lives on; to ask for the running one costs a system call on Python 3.11."""
        return self._loop

    def expire_if_due(self) -> None:
        """Do what the session's timer is late for: a request must not meet a session that is over by the clock."""
        now = self._loop.time()
        deadline = self.session.deadline()
        if deadline is not None and deadline <= now and not self._clock.is_catching_up:
            self._expire(now)

    def poll(self, get: WaitingGet) -> bool:
        """Take a GET, which is answered at once or later; false if it must be refused."""
        session = self.session
        if not session.poll(self._loop.time()):
            self._run()
            return False
        self._get = get
        if session.state is not State.POLLING or not session.writable:  # else it just waits, and no deadline has moved
            self._run()
        return True

    def abort_poll(self, get: WaitingGet) -> None:
        """Learn that the client of this GET has gone; does nothing if it has been answered."""
        if self._get is get:
            self._get = None
            self.session.abort_poll(self._loop.time())
            self._run()

    def begin_post(self, post: IncomingPost) -> bool:
        """Take the beginning of a POST; false if it must be refused.

        Where it is true, `receive_payload` may follow, and `end_post` must.
        """
        now = self._loop.time()
        accepted = self.session.begin_post(now)
        if accepted:
            self._post = post
            self._post_until = now + post.patience
        if (
            not accepted or self._post_until < self.session.heartbeat.at or self.session.state is State.CLOSING
        ):  # else no deadline has moved
            self._run()
        return accepted

    def receive_payload(self, body: bytes) -> Awaitable[None] | None:
        """Take the body of a POST; return what must be awaited before it is answered, if anything.

        A body may hold a hundred thousand packets: other sessions have their turn after some, and handlers set the pace.
        ``session.is_malformed`` tells afterwards whether the body ended the session by being malformed.
        """
        self._post = None
        if body[:1] == _MESSAGE and _SEPARATOR not in body and self._is_plain:
            try:
                message = body.decode()
            except UnicodeDecodeError:
                pass
            else:
                return self._receive_message(message)
        payload = decode_payload(body)
        has_more = self.session.receive_payload(payload, self._loop.time(), most=PACKETS_PER_TURN)
        self._run()
        if has_more:
            return self._receive_rest(payload)
        return self.handler.ready() if self.handler.congested else None

    @property
    def _is_plain(self) -> bool:
        """Whether a message that comes over long-polling needn't go through the session's machine, as it would change nothing there."""
        session = self.session
        return session.state is State.POLLING and not (session.heartbeat.lenient or self._is_half_open or self._running)

    def _receive_message(self, message: str) -> Awaitable[None] | None:
        try:
            may_go_on = self.handler.receive_text(message)
        except Exception as exc:  # noqa: BLE001 - nothing of one client may reach another
            self.blame_handler(exc)
            return None
        return None if may_go_on else self.handler.ready()

    async def _receive_rest(self, payload: Iterator[Packet]) -> None:
        has_more = True
        while has_more:
            await self._pause()
            has_more = self.session.receive_payload(payload, self._loop.time(), most=PACKETS_PER_TURN)
            self._run()
        if self.handler.congested:
            await self.handler.ready()

    async def _pause(self) -> None:
        if self.handler.congested:
            await self.handler.ready()
        else:
            await asyncio.sleep(0)

    def end_post(self) -> None:
        """Learn that a POST has been answered, or won't be."""
        self._post = None
        self.session.end_post()

    def fail(self, description: str, *, code: int | None = None) -> None:
        """End the session because of its transport."""
        self.session.fail(description, code=code)
        self._run()

    def offer(self, websocket: ServerWebSocket) -> bool:
        """Take a WebSocket that wants to replace long-polling; false if it must be refused."""
        accepted = self.session.offer_websocket(self._loop.time())
        if accepted:
            self._probe = websocket
            self._run()
        return accepted

    def receive(self, websocket: ServerWebSocket, message: Packet) -> None:
        """Take one message of a WebSocket that `WebSocketEnd` couldn't pass straight on."""
        size = len(message) if isinstance(message, bytes) else utf8_length(message)
        now = self._loop.time()
        if websocket is self.websocket:
            if size > self.max_payload:
                self.session.fail("message too big", code=MESSAGE_TOO_BIG)
            else:
                self.session.receive(message, now)
        elif websocket is self._probe:
            self.session.receive_probe(message, now)
        self._run()

    def lose(self, websocket: ServerWebSocket, description: str | None) -> None:
        """Learn that a WebSocket is gone."""
        if websocket is self.websocket:
            self.session.lose_websocket(description)
        elif websocket is self._probe:
            self._probe = None
            self.session.lose_probe()
        self._run()

    def blame_handler(self, exc: Exception) -> None:
        """End the session after an exception of the upper layer, which promised to raise none."""
        _logger.error("The handler of an Engine.IO session raised; the session is closed", exc_info=exc)
        self.fail("internal error")

    # Running the machine

    def _put(self, message: Outgoing) -> None:
        # Not written here: what one turn of the loop sends becomes one response, and the upper layer is never called back from `send`.
        self.session.send(message, self._loop.time())
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        self.session.flush(self._loop.time())
        self._run()

    def _overflow(self) -> None:
        self.session.fail(SLOW_CONSUMER)
        self._find_ways()
        self._schedule()

    def _expire(self, now: float) -> None:
        if self._post is not None and self._post_until <= now:
            self.session.fail(f"request body incomplete after {self._post.patience:g} seconds")
        deadline = self.session.heartbeat.at
        if deadline <= now and not self._running and self.handler.congested:
            # The answer to the ping may wait unread: nothing is read while events wait for handlers.
            self.session.heartbeat.postpone(now)
        self.session.expire(now)
        self._run()

    def _run(self) -> None:
        if self._running:
            return
        self._running = True
        try:
            while actions := self.session.outgoing():
                for action in actions:
                    self._perform(action)
        finally:
            self._running = False
        self._find_ways()
        deadline = self.session.deadline()
        if self._post is not None and deadline is not None and self._post_until < deadline:
            deadline = self._post_until
        self._alarm.set(deadline)

    def _find_ways(self) -> None:
        """See which messages needn't go through the session's machine: this is asked once for each change, not for each message."""
        session = self.session
        is_plain = session.state is State.WEBSOCKET
        self._wire = self.websocket if is_plain else None
        # No character has more than four bytes in UTF-8: up to this length a text needn't be measured.
        # The first message takes the long way whatever its length: it tells that somebody is there.
        self.direct = self.max_payload // 4 if is_plain and not session.heartbeat.lenient and not self._is_half_open else -1

    def _perform(self, action: Action) -> None:  # noqa: C901, PLR0912 - one case for each action
        match action:
            case Deliver(message):
                self._deliver(message)
            case AnswerPoll():
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
                if self._probe is not None:
                    self._probe.send(packet)
            case AdoptProbe():
                self.websocket, self._probe = self._probe, None
            case CloseProbe():
                probe, self._probe = self._probe, None
                if probe is not None:
                    probe.close()
            case End(reason, description):
                self._alarm.close()
                self._forget(self)
                self._tell_closed(reason, description)
                post, self._post = self._post, None
                if post is not None:
                    post.give_up()
            case _:
                assert_never(action)

    def _deliver(self, message: Packet) -> None:
        if self._is_half_open:
            self._is_half_open = False
            self._settle()
        if self._muted:  # the upper layer closed the session at an earlier packet of the same payload
            return
        try:
            if isinstance(message, bytes):
                self.handler.receive_binary(message)
            else:
                self.handler.receive_text(message)
        except Exception as exc:  # noqa: BLE001 - nothing of one client may reach another
            self.blame_handler(exc)

    def _tell_closed(self, reason: str, description: str | None) -> None:
        try:
            self.handler.closed(reason, description)
        except Exception:
            _logger.exception("The handler of an Engine.IO session raised when it was closed")

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
