"""One connection: the Socket.IO end of an Engine.IO session, with its sockets in several
namespaces.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ackord.runtime.bounds.memory import Part
from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.server import SHUTTING_DOWN
from ackord.runtime.logs.text import printable, quoted
from ackord.runtime.protocol.socketio.errors import (
    AttachmentError,
    EventNameError,
    MalformedPayloadError,
    PacketError,
    UnexpectedPacketError,
)
from ackord.runtime.protocol.socketio.names import scan_event_name
from ackord.runtime.protocol.socketio.packet import (
    Packet,
    PacketType,
    split_event,
)
from ackord.runtime.server.memberships import MEMBERSHIP_WEIGHT, Memberships
from ackord.runtime.sockets.incoming import receive_event
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.server import Server

_LIMITS: Final[Mapping[type[PacketError], str]] = {
    AttachmentError: " (see Limits.attachments, attachment_bytes and attachment_timeout)",
    EventNameError: " (see Limits.event_name)",
}
"""Which options bound what a violation may be about."""


class Connection(Memberships):
    """Brings packets to the sockets of their namespaces, and ends the connection at the first that
    breaks the protocol.

    Implements `ackord.runtime.engine.link.EngineHandler`.
    """

    __slots__ = ("_attached", "_attachment_timer", "_decoder", "_over", "_split")

    def __init__(self, server: Server, engine: EngineSocket) -> None:
        limits, parser = server.limits, server.parser
        # Finds common events, as long as there may be some: not over, no attachments awaited,
        # packets of text.
        self._split = _leave if parser.transcodes else split_event
        self._decoder = parser.make_decoder(
            limits.attachments, limits.attachment_bytes, limits.namespace_name
        )
        self._attachment_timer: asyncio.TimerHandle | None = None
        self._attached = 0  # bytes of the attachments of a packet that isn't complete
        self._over = False
        super().__init__(server, engine)  # last, for it begins to count the time

    # EngineHandler

    def receive_text(self, packet: str) -> bool:
        """See `EngineHandler.receive_text`."""
        event = self._split(packet)
        if event is None:
            return self._receive_uncommon(packet)
        namespace, ack_id, payload, name = event
        socket = self._sockets.get(namespace)
        if socket is None:
            return self._receive_uncommon(packet)
        try:
            receive_event(socket, name, payload, ack_id)
        except PacketError as error:
            self._violated(error)
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self._failed(error)
        backlog = self.backlog
        return not (backlog.events and backlog.congested)

    def _receive_uncommon(self, packet: str) -> bool:
        if self._over:
            return True
        try:
            whole = self._decoder.receive_text(packet, 1)
            if whole is None:
                self._await_attachments()
            else:
                self._receive(whole)
        except PacketError as error:
            self._violated(error)
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self._failed(error)
        return not self.backlog.congested

    def receive_binary(self, data: bytes) -> bool:
        """See `EngineHandler.receive_binary`."""
        if self._over:
            return True
        try:
            whole = self._decoder.receive_binary(data)
            if whole is None:
                self._attached += len(data)
                self.engine.hold(Part.ATTACHMENTS, self._attached)
            else:
                self._cancel_attachment_timer()
                self._receive(whole)
        except PacketError as error:
            self._violated(error)
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self._failed(error)
        return not self.backlog.congested

    def closed(self, reason: str, description: str | None = None) -> None:
        """See `EngineHandler.closed`."""
        self._over = True
        self._split = _leave
        self._end(reason, description)
        self._server.forget(self)

    @property
    def congested(self) -> bool:
        """See `EngineHandler.congested`."""
        return self.backlog.congested

    async def ready(self) -> None:
        """See `EngineHandler.ready`."""
        await self.backlog.ready()

    # What the server does with a connection

    @override
    def shut(self, socket_reason: str, engine_reason: str) -> None:
        self._over = True
        self._split = _leave
        self._end(socket_reason, None)
        self.engine.close(reason=engine_reason)

    def shut_if_idle(self) -> bool:
        """End the connection, so that the client connects elsewhere, unless one of its handlers
        runs; tell which it was.
        """
        if self.backlog.events:
            return False
        if not self._over:
            self.shut(SHUTTING_DOWN, SHUTTING_DOWN)
        return True

    # Packets

    def _receive(self, packet: Packet) -> None:
        kind, name, ack_id, payload, attachments = packet
        socket = self._sockets.get(name)
        if socket is None:
            if kind == PacketType.CONNECT:
                self._connect(name, payload)
            elif kind == PacketType.DISCONNECT and not payload and self._give_up(name):
                self.backlog.spend(MEMBERSHIP_WEIGHT)
            elif not self._was_left(name):
                raise _unjoined(name)
        elif kind == PacketType.EVENT:
            receive_event(
                socket,
                scan_event_name(payload, self._server.limits.event_name),
                payload,
                ack_id,
                attachments,
            )
        elif kind == PacketType.ACK:
            socket.receive_ack(ack_id, payload, attachments)
        elif kind == PacketType.DISCONNECT:
            if payload:
                raise MalformedPayloadError("a DISCONNECT has no payload")
            self.backlog.spend(MEMBERSHIP_WEIGHT)
            socket.end("client namespace disconnect")
        elif kind == PacketType.CONNECT and socket.is_new:
            # In the same breath as the first CONNECT: npm's client says it twice for `connect();
            # disconnect(); connect()`.
            socket.end("client namespace disconnect")
            self._connect(name, payload)
        else:
            raise UnexpectedPacketError(f"packet type {kind} for a namespace that was joined")

    def _await_attachments(self) -> None:
        name = self._decoder.waiting
        if name not in self._sockets and not self._was_left(name):
            raise _unjoined(name)
        self._split = _leave
        self._attachment_timer = self.loop.call_later(
            self._server.limits.attachment_timeout, self._attachments_timed_out
        )

    def _attachments_timed_out(self) -> None:
        self._attachment_timer = None
        self._violated(AttachmentError("the attachments of a packet didn't come in time"))

    def _cancel_attachment_timer(self) -> None:
        if self._attachment_timer is not None:
            self._attachment_timer.cancel()
            self._attachment_timer = None
            if not self._over:
                self._split = split_event
        if self._attached:
            self._attached = 0
            self.engine.hold(Part.ATTACHMENTS, 0)

    def _violated(self, error: PacketError) -> None:
        text, address = printable(str(error)[:300]), quoted(self.engine.request.address)
        limits = _LIMITS.get(type(error), "")
        line = f"A client at {address} broke the protocol and is disconnected: {text}{limits}"
        self._server.log.write_warning("violation", text, line, client=self.engine.request.client)
        # The names that the reference has for it: over polling the transport isn't closed at once.
        reason = "forced close" if self.engine.transport == "websocket" else "forced server close"
        self.shut(reason, reason)

    def _failed(self, error: BaseException) -> None:
        """Drop a message for which the parser, or something else below the events, raised; the
        connection goes on with the next.
        """
        contain(error)
        self._server.log.crash(
            "Reading a message",
            error,
            f" (from {quoted(self.engine.request.address)}; the message is dropped)",
        )
        self._decoder.reset()
        self._cancel_attachment_timer()

    # The end

    def _end(self, reason: str, description: str | None) -> None:
        with Step("let go of what a connection holds", self._server.log):
            self.backlog.close()
            self._cancel_attachment_timer()
            self._decoder.reset()
        self._leave_all(reason, description)


def _leave(message: str) -> None:
    """Find no common event."""


def _unjoined(name: str | None) -> UnexpectedPacketError:
    # Without a query string, which clients put tokens into.
    return UnexpectedPacketError(
        f"a packet for namespace {(name or '').partition('?')[0]!r}, which wasn't joined"
    )
