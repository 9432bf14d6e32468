"""Which namespace a packet belongs to: the client's Socket.IO end of one connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from ackord.runtime.client.contracts import PacketReceiver
from ackord.runtime.containment import contain
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import ProtocolError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.protocol.socketio.parser import PacketDecoder
from ackord.runtime.sockets.backlog import Backlog

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
    ) -> None:
        """Serve the sockets in `sockets`, which may change."""
        self._connection = connection
        self._sockets = sockets
        self._decoder = decoder
        self._backlog = backlog
        self._attachment_timer: asyncio.TimerHandle | None = None
        self._log = LimitedLog(logging.getLogger("ackord.runtime.client"))

    @property
    def congested(self) -> bool:
        """Whether more events wait for handlers than may wait."""
        return self._backlog.congested

    async def ready(self) -> None:
        """Wait until no longer congested, or closed."""
        await self._backlog.ready()

    def receive_text(self, packet: str) -> None:
        """Take one message packet; see `PacketHandler.receive_text`."""
        try:
            whole = self._decoder.receive_text(packet, 1)
        except ProtocolError:
            raise
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self._drop(error)
            return
        if whole is not None:
            self._receive(whole)
        else:
            self._attachment_timer = asyncio.get_running_loop().call_later(
                ATTACHMENT_TIMEOUT, self._give_up
            )

    def receive_binary(self, data: bytes) -> None:
        """Take one attachment; see `PacketHandler.receive_binary`."""
        try:
            whole = self._decoder.receive_binary(data)
        except ProtocolError:
            raise
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self._drop(error)
            return
        if whole is not None:
            self._stop_timer()
            self._receive(whole)

    def closed(self, reason: str, description: str | None) -> None:
        """Tell every socket that the connection is over."""
        self._stop_timer()
        self._backlog.close()
        self._log.close()
        for socket in list(self._sockets.values()):
            socket.connection_closed(self._connection, reason, description)

    def _receive(self, packet: Packet) -> None:
        socket = self._sockets.get(packet.namespace)
        if socket is not None:
            socket.receive(packet, self._connection)

    def _drop(self, error: BaseException) -> None:
        """Drop a message for which the parser raised; the connection goes on with the next."""
        contain(error)
        self._log.crash("Reading a message", error, " (the message is dropped)")
        self._decoder.reset()
        self._stop_timer()

    def _give_up(self) -> None:
        self._connection.end(
            "parse error", f"attachments are missing after {ATTACHMENT_TIMEOUT:g} seconds"
        )

    def _stop_timer(self) -> None:
        if self._attachment_timer is not None:
            self._attachment_timer.cancel()
            self._attachment_timer = None
