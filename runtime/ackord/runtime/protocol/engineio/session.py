"""One Engine.IO v4 session of a server, as a machine without I/O, clock or randomness.

Every input is a method that takes `now`. `outgoing()` returns the actions to perform in answer, and
`deadline()` the time at which `expire(now)` must be called. The states and the transitions between
them are in `ackord.runtime.protocol.engineio.state`; only `Session._move` changes the state. The
rules, with the sections of the protocol (https://socket.io/docs/v4/engine-io-protocol):

Long-polling ("HTTP long-polling")
    The server answers a GET with all packets that wait, or keeps the GET *parked* until there is
    one. A client has one GET and one POST at a time: a second one ends the session. A session that
    closes while no GET is parked waits `CLOSE_TIMEOUT` for one that fetches the CLOSE packet.

Heartbeat ("heartbeat"; `ackord.runtime.protocol.engineio.heartbeat`)
    The server sends PING every `ping_interval`. The client has `ping_timeout` for its PONG; once in
    each cycle, another packet of the client starts that time again, because a large message may
    delay the PONG behind it. A client that sends PING breaks the protocol.

Upgrade ("upgrade")
    1. The client opens a WebSocket with the id of its session (`offer_websocket`). Polling goes on.
       A session takes one such WebSocket at a time, and only before it has been upgraded.
    2. The client sends ``2probe`` on the WebSocket, and the server answers ``3probe``.
    3. The client waits until its parked GET is answered, so that no packet is lost with it. The
       server therefore answers a parked GET with NOOP every `NOOP_INTERVAL` from the probe on.
    4. The client sends ``5`` on the WebSocket. What still waits is written to the WebSocket first,
       so the order of packets stays.

    An upgrade that isn't complete after `upgrade_timeout`, or whose WebSocket ends or sends
    anything else, is cancelled: the session goes on over long-polling.

Backpressure
    Over long-polling, packets wait here. More than `max_buffered` bytes end the session: the client
    doesn't fetch what it is sent. One packet may be larger than that. Over WebSocket the transport
    buffers, and the owner of the machine watches how much.

Messages of an open WebSocket need none of this: the owner may pass a text message that begins with
``4`` straight to the upper layer, as long as `state` is `State.WEBSOCKET` and `heartbeat.lenient`
is false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ackord.runtime.protocol.engineio import packet as packets
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
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.heartbeat import Heartbeat
from ackord.runtime.protocol.engineio.outbox import Outbox
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.protocol.engineio.state import (
    ON_POLLING,
    OPEN,
    TRANSITIONS,
    UPGRADING,
    State,
    Trigger,
)

NOOP_INTERVAL: Final = 0.1
"""Seconds between two NOOPs that release a parked GET while the client wants to pause polling."""

CLOSE_TIMEOUT: Final = 30.0
"""Seconds that a closing session waits for the GET that fetches CLOSE, as the reference
implementation does.
"""

SLOW_CONSUMER: Final = "slow consumer"
"""Description of the end of a session whose client doesn't fetch what it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """Times in seconds and sizes in bytes that all sessions of a server share."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    upgrade_timeout: float = 10.0
    max_buffered: int = 4_000_000


class Session:
    """The state machine of one session.

    A session over WebSocket starts in `State.WEBSOCKET`, one over long-polling in `State.POLLING`.
    The first thing sent should be the open packet.
    """

    __slots__ = (
        "_actions",
        "_close_at",
        "_limits",
        "_noop_at",
        "_outbox",
        "_parked",
        "_posting",
        "_reason",
        "_upgrade_at",
        "heartbeat",
        "is_malformed",
        "state",
    )

    def __init__(self, limits: SessionLimits, *, is_websocket: bool, now: float) -> None:
        self.state = State.WEBSOCKET if is_websocket else State.POLLING
        self.heartbeat = Heartbeat(limits.ping_interval, limits.ping_timeout, now)
        self.is_malformed = False
        """Whether a POST with a malformed packet ended the session."""
        self._limits = limits
        self._actions: list[Action] = []
        self._outbox = Outbox()
        self._parked = False
        self._posting = False
        self._noop_at = 0.0
        self._close_at = 0.0
        self._upgrade_at: float | None = None
        self._reason = ""

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent."""
        return self.state in OPEN

    @property
    def is_over_polling(self) -> bool:
        """Whether the session is open or closing, and its transport is long-polling."""
        return self.state in ON_POLLING

    @property
    def buffered(self) -> int:
        """Bytes that wait for a GET."""
        return self._outbox.size

    @property
    def writable(self) -> bool:
        """Whether a GET is parked and no packet waits; without a meaning over WebSocket."""
        return self._parked and not self._outbox

    def outgoing(self) -> list[Action]:
        """Return the actions to perform now, in this order, and forget them."""
        actions = self._actions
        if actions:
            self._actions = []
        return actions

    # Time

    def deadline(self) -> float | None:
        """When `expire` is due, or `None` for a session that is over."""
        if self.state is State.CLOSED:
            return None
        due = self._close_at if self.state is State.CLOSING else self.heartbeat.at
        if self._upgrade_at is not None and self._upgrade_at < due:
            due = self._upgrade_at
        if self.state is State.PROBED and self._parked and self._noop_at < due:
            due = self._noop_at
        return due

    def expire(self, now: float) -> None:
        """Do everything that is due at `now`: PING, NOOP, the end of an upgrade or of the
        session.
        """
        if self._upgrade_at is not None and now >= self._upgrade_at:
            self._cancel_upgrade()
        if self.state is State.CLOSED:
            return
        if self.state is State.CLOSING:
            if now >= self._close_at:
                self._end(self._reason)
            return
        if self.state is State.PROBED and self._parked and now >= self._noop_at:
            self._noop_at = now + NOOP_INTERVAL
            self._answer_poll(packets.NOOP)
        if now >= self.heartbeat.at:
            if self.heartbeat.beat(now):
                self.send(packets.PING, now)
                self.flush(now)
            else:
                self._end("ping timeout")

    # Sending

    def send(self, message: Outgoing, now: float) -> None:  # noqa: ARG002 - every input takes the time
        """Send a packet: buffered until `flush` over long-polling, written at once over WebSocket,
        dropped once closed.

        More than `SessionLimits.max_buffered` bytes end the session: the client doesn't fetch what
        it is sent.
        """
        if self.state is State.WEBSOCKET:
            self._actions.append(Write(message))
        elif self.state in OPEN:
            # Checked before, not after: one message that is larger than the limit still goes out.
            if self._outbox.size > self._limits.max_buffered:
                self.close_with_error(SLOW_CONSUMER)
            else:
                self._outbox.put(message)

    def flush(self, now: float) -> None:  # noqa: ARG002 - every input takes the time
        """Answer a parked GET with all that is buffered."""
        if self._parked and self._outbox:
            self._parked = False
            self._actions.append(self._outbox.take_answer())

    def close(self, reason: str, now: float, *, discard: bool = False) -> None:
        """Close the session: after the buffered packets were fetched, or at once with `discard`."""
        if not self.is_open:
            if discard and self.state is State.CLOSING:
                self._end(self._reason)
            return
        if self.state is State.WEBSOCKET or discard:
            self._end(reason, abort=discard)
            return
        self.flush(now)
        if self._parked:
            self._end(reason)
            return
        # A WebSocket that was offered stays: its client may already have paused polling, and then
        # learns of the close there.
        self._move(Trigger.CLOSE)
        self._reason = reason
        self._close_at = now + CLOSE_TIMEOUT

    def close_with_error(
        self, description: str, *, reason: str = "transport error", code: int | None = None
    ) -> None:
        """Close the session at once because of an error; `code` goes into the WebSocket's close
        frame.
        """
        if self.state is not State.CLOSED:
            self._end(reason, description, abort=code is None, code=code)

    # Long-polling

    def poll(self, now: float) -> bool:
        """Take a GET, and park it until there is a packet; false if the GET must be refused, in
        which case the session is over.
        """
        if not self.is_over_polling:
            return False
        if self._parked:
            self._end("transport error", "overlap from client")
            return False
        self._parked = True
        if self._outbox:
            self.flush(now)
        elif self.state is State.CLOSING:
            self._answer_poll(packets.NOOP + packets.SEPARATOR + packets.CLOSE)
            self._end(self._reason)
        return True

    def poll_closed(self, now: float) -> None:  # noqa: ARG002 - every input takes the time
        """Called when the client has dropped the parked GET, which ends the session."""
        if self._parked:
            self._parked = False
            self._end("transport error", "poll connection closed prematurely")

    def begin_post(self, now: float) -> bool:  # noqa: ARG002 - every input takes the time
        """Take the beginning of a POST; false if the POST must be refused, in which case the
        session is over.
        """
        if not self.is_over_polling:
            return False
        if self._posting:
            self._end("transport error", "data request overlap from client")
            return False
        self._posting = True
        return True

    def end_post(self) -> None:
        """Called when a POST was answered: the next one may begin."""
        self._posting = False

    def receive_payload(
        self, payload: Iterator[Packet], now: float, *, most: int | None = None
    ) -> bool:
        """Take up to `most` packets of the body of a POST, as `decode_payload` yields them; return
        whether there may be more.

        A malformed packet ends the session with the reason "parse error"; the packets before it
        count.
        """
        try:
            for packet in islice(payload, most):
                if not self.is_over_polling:
                    return False
                if packet[:1] == packets.CLOSE:
                    self._end("transport close", poll_answer=packets.NOOP)
                    return False
                self._receive(packet, now)
                most = None if most is None else most - 1
        except MalformedPacketError as exc:
            if self.is_over_polling:
                self.is_malformed = True
                self._end("parse error", str(exc))
            return False
        return most == 0

    # WebSocket

    def receive(self, message: Packet, now: float) -> None:
        """Take one message of the session's WebSocket."""
        if self.state is not State.WEBSOCKET:
            return
        try:
            packet = message if isinstance(message, bytes) else packets.decode_packet(message)
        except MalformedPacketError as exc:
            self._end("parse error", str(exc))
            return
        # The reference implementation ignores CLOSE here: its connection ends by a ping timeout.
        if packet[:1] == packets.CLOSE:
            self._end("transport close")
        else:
            self._receive(packet, now)

    def websocket_closed(
        self, description: str | None = None, *, is_violation: bool = False
    ) -> None:
        """Called when the session's WebSocket is gone, which ends the session; `is_violation` says
        that the client broke the WebSocket protocol.
        """
        if self.state is State.WEBSOCKET:
            self._end("transport error" if is_violation else "transport close", description)

    def offer_websocket(self, now: float) -> bool:
        """Take a WebSocket for an upgrade; false if it must be refused."""
        if self.state is not State.POLLING:
            return False
        self._move(Trigger.OFFER)
        self._upgrade_at = now + self._limits.upgrade_timeout
        return True

    def receive_probe(self, message: Packet, now: float) -> None:
        """Take one message of the offered WebSocket.

        As in the reference implementation, UPGRADE completes the upgrade with or without a probe
        before it: clients exist that don't probe. A probe is answered each time.
        """
        if self._upgrade_at is None:
            return
        if message == packets.PING_PROBE:
            if self.state is State.OFFERED:
                self._move(Trigger.PROBE)
                self._noop_at = now + NOOP_INTERVAL
            self._actions.append(WriteProbe(packets.PONG_PROBE))
        elif message[:1] == packets.UPGRADE:
            self._upgrade()
        else:
            self._cancel_upgrade()

    def probe_closed(self) -> None:
        """Called when the offered WebSocket is gone: the session goes on over long-polling."""
        if self._upgrade_at is not None:
            self._upgrade_at = None
            if self.state in UPGRADING:
                self._move(Trigger.CANCEL)

    # Steps

    def _receive(self, packet: Packet, now: float) -> None:
        kind = packets.MESSAGE if isinstance(packet, bytes) else packet[:1]
        if kind == packets.PONG:
            self.heartbeat.pong(now)
            return
        self.heartbeat.sign_of_life(now)
        if kind == packets.PING:
            self._end("transport error", "invalid heartbeat direction")
        elif kind == packets.MESSAGE and self.is_open:
            self._actions.append(Deliver(packet))
        # OPEN, UPGRADE and NOOP mean nothing here and are ignored.

    def _upgrade(self) -> None:
        self._upgrade_at = None
        closing = self.state is State.CLOSING
        if self._parked:
            self._answer_poll(packets.CLOSE)
        self._actions.append(AdoptProbe())
        self._actions.extend(map(Write, self._outbox.take()))
        if closing:
            self._actions.append(CloseWebSocket())
            self._end(self._reason)
        else:
            self._move(Trigger.UPGRADE)

    def _cancel_upgrade(self) -> None:
        self.probe_closed()
        self._actions.append(CloseProbe())

    def _answer_poll(self, payload: str) -> None:
        self._parked = False
        self._actions.append(AnswerPoll(payload))

    def _end(
        self,
        reason: str,
        description: str | None = None,
        *,
        poll_answer: str = packets.CLOSE,
        abort: bool = False,
        code: int | None = None,
    ) -> None:
        if self._upgrade_at is not None:
            self._cancel_upgrade()
        if self._parked:
            self._answer_poll(poll_answer)
        if self.state is State.WEBSOCKET:
            self._actions.append(CloseWebSocket(code, abort))
        self._outbox.take()
        self._move(Trigger.END)
        self._actions.append(End(reason, description))

    def _move(self, trigger: Trigger) -> None:
        self.state = TRANSITIONS[self.state, trigger]
