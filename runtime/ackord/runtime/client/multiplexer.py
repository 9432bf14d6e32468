"""Which namespace a packet belongs to: the client's Socket.IO end of one connection."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ackord.runtime.client.contracts import ConnectionOwner, PacketReceiver
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import ProtocolError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.protocol.socketio.parser import PacketDecoder
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.reader import PacketReader

_log = logging.getLogger("ackord.runtime.client")

ATTACHMENT_TIMEOUT = 30.0
"""Seconds between a packet's header and its last attachment."""


class Multiplexer:
    """Takes the packets of one connection and gives each to the socket of its namespace.

    Packets for a namespace that has no socket, or one that has left, are dropped: they crossed a
    DISCONNECT on their way.
    """

    def __init__(
        self,
        connection: Connection,
        sockets: Mapping[str, PacketReceiver],
        decoder: PacketDecoder,
        backlog: Backlog,
        owner: ConnectionOwner,
    ) -> None:
        """Serve the sockets in `sockets`, which may change; `owner` is told of the end."""
        self._owner = owner
        self._connection = connection
        self._sockets = sockets
        self._reader = PacketReader(decoder, ATTACHMENT_TIMEOUT, backlog, self)
        self.receive_text = self._reader.receive_text
        self.receive_binary = self._reader.receive_binary
        self._backlog = backlog
        self._log = LimitedLog(_log)

    # What the connection tells (`ackord.runtime.engine.client.PacketHandler`)

    async def ready(self) -> None:
        """Wait until no longer congested, or closed."""
        await self._backlog.ready()

    def closed(self, reason: str, description: str | None) -> None:
        """Tell every socket, and then the owner, that the connection is over."""
        self._reader.close()
        self._backlog.close()
        self._log.close()
        for socket in list(self._sockets.values()):
            socket.connection_closed(self._connection, reason, description)
        self._owner.connection_closed(reason, description)
        # The reader holds this object: neither is to wait for the collector.
        del self._reader, self.receive_text, self.receive_binary

    # What the reader of packets tells (`ackord.runtime.sockets.reader.ReadingConnection`)

    def receive_packet(self, packet: Packet) -> None:
        """Hand a packet to the socket of its namespace."""
        socket = self._sockets.get(packet.namespace)
        if socket is not None:
            socket.receive(packet, self._connection)

    def attachments_awaited(self, namespace: str | None) -> None:
        """Take attachments for any namespace: a packet may have crossed a DISCONNECT."""

    def hold_attachments(self, size: int) -> None:
        """Count nothing: a client has one server, and `ManagerOptions.max_attachment_bytes`."""

    def violated(self, error: ProtocolError) -> None:
        """End the connection."""
        self._connection.end("parse error", str(error))

    def message_dropped(self, error: BaseException) -> None:
        """Log that a message is dropped."""
        self._log.crash("Reading a message", error, " (the message is dropped)")
