"""The client's side of one Engine.IO v4 session: no I/O, no clock.

Packets and the time go in; messages for Socket.IO, packets to send and the next deadline come out.

The heartbeat (Engine.IO v4, "heartbeat"): the server sends PING, and the client answers each with
PONG. A server that sends no PING for `ping_interval` plus `ping_timeout` seconds is gone; other
packets don't count.

The upgrade from long-polling to WebSocket (Engine.IO v4, "upgrade"):

1. `probe` gives the first packet of a second connection, a WebSocket; long-polling goes on.
2. `receive_probe` takes what comes over it. If that is the answer to the probe, nothing more is
   sent over long-polling, so that no message can overtake another: `may_send` is false while the
   last GET and the last POST end.
3. When both have ended, `upgrade` gives the packet that ends long-polling. What waited follows it.

Anything else is `cancel_upgrade`: the session goes on over long-polling as if nothing had been.

`ackord.runtime.protocol.engineio.state` has the states.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from ackord.runtime.protocol.engineio import packet as packets
from ackord.runtime.protocol.engineio.answers import OLD_PROTOCOL
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.protocol.engineio.open_packet import OpenPacket, decode_open_packet
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.protocol.engineio.state import (
    CLIENT_TRANSITIONS,
    CLIENT_UPGRADING,
    ClientState,
    ClientTrigger,
)

_LENGTH_PREFIX: Final = re.compile(r"[0-9]{1,9}:0\{")
"""How a payload of Engine.IO v3 begins: each packet there has its length before it."""


class ClientSession:
    """One session as its client sees it: the open packet, the heartbeat, the upgrade, the end."""

    __slots__ = ("_deadline", "_outgoing", "close_reason", "opened", "state", "transport")

    def __init__(self, now: float, *, open_timeout: float, transport: str = WEBSOCKET) -> None:
        """Begin to wait for the open packet over `transport`, for `open_timeout` seconds."""
        self.state = ClientState.OPENING
        self.transport = transport
        """``"polling"`` or ``"websocket"``."""
        self.opened: OpenPacket | None = None
        """The open packet, once it has come."""
        self.close_reason: str | None = None
        """A disconnect reason of Socket.IO, once closed."""
        self._deadline = now + open_timeout
        self._outgoing: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether packets can still be sent, now or after an upgrade."""
        state = self.state
        return state is ClientState.OPEN or state in CLIENT_UPGRADING

    @property
    def may_send(self) -> bool:
        """Whether packets can be given to the transport now."""
        state = self.state
        return state is ClientState.OPEN or state is ClientState.PROBING

    def receive(self, message: Packet, now: float) -> Packet | None:
        """Take one packet; return it if it is one for Socket.IO, type digit included.

        Raises:
            MalformedPacketError: The server broke the protocol; the session is closed with "parse
                error".
        """
        state = self.state
        if state is ClientState.OPEN or state in CLIENT_UPGRADING:
            if isinstance(message, bytes) or message[:1] == packets.MESSAGE:
                return message
            self._receive_control(message, now)
        elif state is ClientState.OPENING:
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
        return None if self.state is ClientState.CLOSED else self._deadline

    def expire(self, now: float) -> bool:
        """Close with "ping timeout" if the deadline has passed; tell whether that happened."""
        if self.state is ClientState.CLOSED or now < self._deadline:
            return False
        self.close("ping timeout")
        return True

    def extend(self, now: float) -> None:
        """Start the server's time again: this side did not read, so a PING may have come unread."""
        if self.opened is not None:
            self._deadline = now + self.opened.ping_interval + self.opened.ping_timeout

    def close(self, reason: str) -> None:
        """End the session; the first reason stays."""
        if self.state is not ClientState.CLOSED:
            self._move(ClientTrigger.END)
            self.close_reason = reason

    # The upgrade

    @property
    def can_upgrade(self) -> bool:
        """Whether the server offers a WebSocket in place of long-polling."""
        return (
            self.state is ClientState.OPEN
            and self.transport == POLLING
            and self.opened is not None
            and WEBSOCKET in self.opened.upgrades
        )

    def probe(self) -> str:
        """Begin an upgrade; return the packet to send over the new WebSocket."""
        self._move(ClientTrigger.PROBE)
        return packets.PING_PROBE

    def receive_probe(self, message: Packet) -> bool:
        """Take a packet that came over the probing WebSocket; return whether long-polling must
        pause now. If not, the upgrade has failed.
        """
        if self.state is ClientState.PROBING and message == packets.PONG_PROBE:
            self._move(ClientTrigger.ANSWER)
            return True
        self.cancel_upgrade()
        return False

    def upgrade(self) -> str:
        """Move to the WebSocket; return the packet to send over it before all others."""
        self._move(ClientTrigger.UPGRADE)
        self.transport = WEBSOCKET
        return packets.UPGRADE

    def cancel_upgrade(self) -> None:
        """Go on over long-polling."""
        if self.state in CLIENT_UPGRADING:
            self._move(ClientTrigger.CANCEL)

    def _receive_open(self, message: Packet, now: float) -> None:
        if isinstance(message, bytes):
            self._fail("the server's first message is binary")
        if _LENGTH_PREFIX.match(message):
            self._fail(OLD_PROTOCOL)
        try:
            self.opened = decode_open_packet(message)
        except MalformedPacketError:
            self.close("parse error")
            raise
        self._move(ClientTrigger.OPEN)
        self.extend(now)

    def _receive_control(self, packet: str, now: float) -> None:
        match packet[:1]:
            case packets.PING:
                self._outgoing.append(packets.PONG + packet[1:])
                self.extend(now)
            case packets.CLOSE:
                self.close("transport close")
            case packets.PONG | packets.NOOP:
                # A NOOP ends a GET. A PONG that nobody asked for means nothing to a client; the
                # reference ignores it too.
                pass
            case packets.OPEN:
                self._fail("the server opened an open session")
            case _:
                self._fail("the server sent an unknown packet type")

    def _fail(self, problem: str) -> NoReturn:
        self.close("parse error")
        raise MalformedPacketError(problem)

    def _move(self, trigger: ClientTrigger) -> None:
        self.state = CLIENT_TRANSITIONS[self.state, trigger]
