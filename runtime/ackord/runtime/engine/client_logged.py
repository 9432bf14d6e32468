"""A client's connection whose packets are written to the log."""

from __future__ import annotations

from ackord.runtime.engine.client import Connection
from ackord.runtime.logs.packets import PacketLog
from ackord.runtime.protocol.engineio.packet import Packet
from typing_extensions import override


class LoggedConnection(Connection):
    """A `Connection` that writes what is sent and received."""

    packets: PacketLog

    @override
    def receive(self, message: Packet) -> bool:
        self.packets.received(message)
        return super().receive(message)

    @override
    def _write(self, packet: Packet) -> None:
        self.packets.sent(packet)
        super()._write(packet)
