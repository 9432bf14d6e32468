"""One Engine.IO session, as the upper layer and the WebSockets know it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from ackord.runtime.bounds.memory import LIGHT, Part
from ackord.runtime.engine.link import EngineHandler, HandshakeRequest
from ackord.runtime.engine.polled import PolledSession
from ackord.runtime.engine.running import wants_base64
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.protocol.engineio.actions import Outgoing
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.protocol.engineio.packet import Packet, utf8_length
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.engineio.session import SLOW_CONSUMER

MESSAGE_TOO_BIG: Final = 1009
"""Close code of RFC 6455, 7.4.1."""


class EngineSocket(PolledSession):
    """One Engine.IO session, as `ackord.runtime.engine.link.EngineSocket` describes it; made by
    `EngineServer`.
    """

    __slots__ = ()

    is_logged: ClassVar[bool] = False
    """Whether packets are written to the log: this is a `LoggedSocket`."""

    def start(
        self, packets: Iterable[Packet], connect: Callable[[EngineSocket], EngineHandler]
    ) -> None:
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
    def writable(self) -> bool:
        """Whether a packet would go out at once."""
        if self._claimed or not self.session.is_open:
            return False
        return self.session.writable if self.websocket is None else self.websocket.buffered == 0

    @property
    def buffered(self) -> int:
        """Bytes that were sent and that the network hasn't taken yet."""
        return self.session.buffered if self.websocket is None else self.websocket.buffered

    def claim(self) -> bool:
        """Return whether a packet would go out at once; if so, no other one would before the event
        loop's next turn.
        """
        if not self.writable:
            return False
        self._claimed = True
        self._loop.call_soon(self._release)
        return True

    def _release(self) -> None:
        self._claimed = False

    def send(self, packet: str) -> None:
        """Send one text packet, type digit included."""
        wire = self._wire
        if wire is None:
            self._put(packet)
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
            self._overflow()
        else:
            wire.send(packet)

    def send_prepared(self, prepared: Prepared) -> None:
        """Send a text packet and its attachments, with nothing between them."""
        wire = self._wire
        if wire is None:
            self._put(prepared)
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
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
        elif wire.paused and wire.buffered > self.light and self._is_overfull(wire):
            self._overflow()
        else:
            self._write(data)

    def close(self, *, discard: bool = False, reason: str = "forced close") -> None:
        """Close the session: after what is buffered, or at once with `discard`."""
        self._muted = True
        self.session.close(reason, self._loop.time(), discard=discard)
        # where a handler closes while `_run` hands it a message, `_run` comes to that only later
        self._find_ways()
        self._run()

    def _put(self, message: Outgoing) -> None:
        # Not written here: what one turn of the loop sends becomes one response, and the upper
        # layer is never called back from `send`.
        self.session.send(message, self._loop.time())
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if self._get is None and self.session.buffered > LIGHT:
            self.hold(Part.OUTGOING, self.session.buffered)
        self.session.flush(self._loop.time())
        self._run()

    def _is_overfull(self, wire: ServerWebSocket) -> bool:
        """Count what the network hasn't taken yet, and tell whether it is more than may be."""
        size = wire.buffered
        if size > self.max_buffered:
            return True
        self.light = min(size + LIGHT, self.max_buffered)
        self.hold(Part.OUTGOING, size)
        return False

    def _overflow(self) -> None:
        self.session.fail(SLOW_CONSUMER)
        self._find_ways()
        self._schedule()

    # The WebSockets' side

    def offer(self, websocket: ServerWebSocket, request: HandshakeRequest) -> bool:
        """Take a WebSocket that wants to replace long-polling, opened by `request`; false if it
        must be refused.
        """
        accepted = self.session.offer_websocket(self._loop.time())
        if accepted:
            self._probe = websocket
            self._probe_base64 = wants_base64(request)
            self._run()
        return accepted

    def watch_websocket(self, websocket: ServerWebSocket) -> ServerWebSocket:
        """Return what the session is to write to; `LoggedSocket` has one that writes a log as
        well.
        """
        return websocket

    def watch_receiver(self, receiver: WebSocketReceiver) -> WebSocketReceiver:
        """Return what the messages of a WebSocket are to go to."""
        return receiver

    def receive(self, websocket: ServerWebSocket, message: Packet) -> None:
        """Take one message of a WebSocket that `WebSocketEnd` couldn't pass straight on."""
        size = len(message) if isinstance(message, bytes) else utf8_length(message)
        now = self._loop.time()
        if websocket is self.websocket:
            if size > self.max_payload:
                self.warn_of_size(size)
                self.session.fail("message too big", code=MESSAGE_TOO_BIG)
            else:
                self.session.receive(message, now)
        elif websocket is self._probe:
            self.session.receive_probe(message, now)
        self._run()

    def lose(
        self, websocket: ServerWebSocket, description: str | None, *, is_violation: bool
    ) -> None:
        """Learn that a WebSocket is gone."""
        if self._account is not None:
            self._account.hold(Part.UNFINISHED, 0)
        if websocket is self.websocket:
            self.session.lose_websocket(description, is_violation=is_violation)
        elif websocket is self._probe:
            self._probe = None
            self.session.lose_probe()
        self._run()
