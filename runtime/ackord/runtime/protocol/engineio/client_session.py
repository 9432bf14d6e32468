"""The client's side of one Engine.IO v4 session over a WebSocket: no I/O, no clock.

Messages and the time go in; messages for Socket.IO, packets to send and the next deadline come out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, cast

from ackord.runtime.protocol.engineio.errors import MalformedPacketError

MAX_OPEN_PACKET = 16_384
"""Characters that an open packet may have; the ones of real servers have about 120."""
MAX_SID = 1024
MAX_INTERVAL = 86_400.0
"""Seconds: a server that announces a heartbeat slower than once a day is broken, not patient."""


class SessionState(Enum):
    """Where a session stands; it only ever moves downwards."""

    OPENING = "opening"
    """The open packet hasn't come yet."""
    OPEN = "open"
    """Messages may go both ways."""
    CLOSED = "closed"
    """`ClientSession.close_reason` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPacket:
    """What the server announces at the start (Engine.IO protocol v4, "handshake"); times in
    seconds.
    """

    sid: str
    """The session's secret id; never shown to others."""
    upgrades: tuple[str, ...]
    """Transports that the session may move to."""
    ping_interval: float
    ping_timeout: float
    max_payload: int | None
    """Bytes that the server takes in one polling payload; `None` where it doesn't say."""


def decode_open_packet(packet: str) -> OpenPacket:
    """Decode ``0{"sid":…}`` and check every bound.

    Raises:
        MalformedPacketError: It isn't an open packet, or announces something senseless.
    """
    if packet[:1] != "0":
        raise MalformedPacketError("the server's first packet is not an open packet")
    if len(packet) > MAX_OPEN_PACKET:
        raise MalformedPacketError("the open packet is too long")
    try:
        data: object = json.loads(packet[1:], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedPacketError("the open packet is not JSON") from error
    if not isinstance(data, dict):
        raise MalformedPacketError("the open packet is not a JSON object")
    fields = cast("dict[str, Any]", data)
    interval, timeout = _seconds(fields, "pingInterval"), _seconds(fields, "pingTimeout")
    if interval + timeout <= 0:
        raise MalformedPacketError("the open packet leaves no time for a heartbeat")
    return OpenPacket(
        sid=_sid(fields),
        upgrades=_upgrades(fields),
        ping_interval=interval,
        ping_timeout=timeout,
        max_payload=_max_payload(fields),
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _sid(fields: dict[str, Any]) -> str:
    match fields.get("sid"):
        case str(sid) if 0 < len(sid) <= MAX_SID:
            return sid
        case _:
            raise MalformedPacketError("the open packet has no valid sid")


def _upgrades(fields: dict[str, Any]) -> tuple[str, ...]:
    upgrades = fields.get("upgrades", [])
    if not isinstance(upgrades, list) or not all(
        isinstance(name, str) for name in cast("list[object]", upgrades)
    ):
        raise MalformedPacketError("the open packet's upgrades are not a list of names")
    return tuple(cast("list[str]", upgrades))


def _seconds(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise MalformedPacketError(f"the open packet has no valid {name}")
    # NaN and the infinities fail this as well; a conversion to float would raise for huge integers.
    if not 0 <= value <= MAX_INTERVAL * 1000:
        raise MalformedPacketError(f"the open packet's {name} is out of bounds")
    return value / 1000


def _max_payload(fields: dict[str, Any]) -> int | None:
    value = fields.get("maxPayload")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise MalformedPacketError("the open packet's maxPayload is not a positive integer")
    return value


class ClientSession:
    """One session as its client sees it: the open packet, the heartbeat, the end."""

    __slots__ = ("_deadline", "_outgoing", "close_reason", "opened", "state")

    def __init__(self, now: float, *, open_timeout: float) -> None:
        """Begin to wait for the open packet, for `open_timeout` seconds."""
        self.state = SessionState.OPENING
        self.opened: OpenPacket | None = None
        """The open packet, once it has come."""
        self.close_reason: str | None = None
        """A disconnect reason of Socket.IO, once closed."""
        self._deadline = now + open_timeout
        self._outgoing: list[str] = []

    def receive(self, message: str | bytes, now: float) -> str | bytes | None:
        """Take one WebSocket message; return it if it is one for Socket.IO, type digit included.

        Raises:
            MalformedPacketError: The server broke the protocol; the session is closed with "parse
                error".
        """
        if self.state is SessionState.OPEN:
            if isinstance(message, bytes) or message[:1] == "4":
                return message
            self._receive_control(message, now)
        elif self.state is SessionState.OPENING:
            self._receive_open(message, now)
        return None

    def outgoing(self) -> list[str]:
        """Return the packets that the session itself has to send, and forget them."""
        packets, self._outgoing = self._outgoing, []
        return packets

    def deadline(self) -> float | None:
        """Return when `expire` must be called unless something comes before, or `None` when
        closed.
        """
        return None if self.state is SessionState.CLOSED else self._deadline

    def expire(self, now: float) -> bool:
        """Close with "ping timeout" if the deadline has passed; tell whether that happened."""
        if self.state is SessionState.CLOSED or now < self._deadline:
            return False
        self.close("ping timeout")
        return True

    def extend(self, now: float) -> None:
        """Grant the server a whole heartbeat from now: this side did not read, so silence proves
        nothing.
        """
        if self.opened is not None:
            self._deadline = now + self.opened.ping_interval + self.opened.ping_timeout

    def close(self, reason: str) -> None:
        """End the session; the first reason stays."""
        if self.state is not SessionState.CLOSED:
            self.state = SessionState.CLOSED
            self.close_reason = reason

    def _receive_open(self, message: str | bytes, now: float) -> None:
        if isinstance(message, bytes):
            self._fail("the server's first message is binary")
        try:
            self.opened = decode_open_packet(message)
        except MalformedPacketError:
            self.close("parse error")
            raise
        self.state = SessionState.OPEN
        self.extend(now)

    def _receive_control(self, packet: str, now: float) -> None:
        match packet[:1]:
            case "2":
                self._outgoing.append("3" + packet[1:])
                self.extend(now)
            case "1":
                self.close("transport close")
            case "3" | "6":
                # A PONG that nobody asked for and a NOOP mean nothing to a client on a WebSocket;
                # the reference ignores them too.
                pass
            case "0":
                self._fail("the server opened an open session")
            case _:
                self._fail("the server sent an unknown packet type")

    def _fail(self, problem: str) -> NoReturn:
        self.close("parse error")
        raise MalformedPacketError(problem)
