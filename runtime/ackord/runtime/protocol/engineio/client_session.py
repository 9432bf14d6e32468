"""The client's side of one Engine.IO v4 session over a WebSocket: no I/O, no clock.

Messages and the time go in; messages for Socket.IO, packets to send and the next deadline come out.

The rules (Engine.IO v4, "heartbeat"): the server sends PING, and the client answers each with PONG.
A server that sends no PING for `ping_interval` plus `ping_timeout` seconds is gone; other packets
don't count. `ackord.runtime.protocol.engineio.state` has the states.
"""

from __future__ import annotations

from typing import NoReturn

from ackord.runtime.protocol.engineio import packet as packets
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.open_packet import OpenPacket, decode_open_packet
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.protocol.engineio.state import (
    CLIENT_TRANSITIONS,
    ClientState,
    ClientTrigger,
)


class ClientSession:
    """One session as its client sees it: the open packet, the heartbeat, the end."""

    __slots__ = ("_deadline", "_outgoing", "close_reason", "opened", "state")

    def __init__(self, now: float, *, open_timeout: float) -> None:
        """Begin to wait for the open packet, for `open_timeout` seconds."""
        self.state = ClientState.OPENING
        self.opened: OpenPacket | None = None
        """The open packet, once it has come."""
        self.close_reason: str | None = None
        """A disconnect reason of Socket.IO, once closed."""
        self._deadline = now + open_timeout
        self._outgoing: list[str] = []

    def receive(self, message: Packet, now: float) -> Packet | None:
        """Take one WebSocket message; return it if it is one for Socket.IO, type digit included.

        Raises:
            MalformedPacketError: The server broke the protocol; the session is closed with "parse
                error".
        """
        if self.state is ClientState.OPEN:
            if isinstance(message, bytes) or message[:1] == packets.MESSAGE:
                return message
            self._receive_control(message, now)
        elif self.state is ClientState.OPENING:
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

    def _receive_open(self, message: Packet, now: float) -> None:
        if isinstance(message, bytes):
            self._fail("the server's first message is binary")
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
                # A PONG without a PING and a NOOP mean nothing to a client on a WebSocket; the
                # reference implementation ignores them too.
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
