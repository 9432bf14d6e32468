"""Packets in the log, at DEBUG, with secrets masked: each packet of a connection that is opened
while its logger is enabled.

The decision is made when a connection opens, so logging costs nothing when it is off.
"""

from __future__ import annotations

import logging
from typing import Final

from ackord.runtime.logs.text import masked_packet
from ackord.runtime.protocol.engineio.prepared import Prepared

LOGGER: Final = logging.getLogger("ackord.runtime.packets")

SILENT: Final = logging.Logger("silent")  # noqa: LOG001  # unregistered, so that no configuration wakes it
"""A logger that writes nothing, for the `websockets` library, which would write frames and headers
with their secrets at DEBUG.
"""
SILENT.disabled = True


class PacketLog:
    """Writes the packets of one connection."""

    __slots__ = ("_is_server", "_who")

    def __init__(self, who: str, *, is_server: bool) -> None:
        """`who` stands for the connection in each line."""
        self._who = who
        self._is_server = is_server

    def note(self, text: str) -> None:
        """Write something else about the connection."""
        LOGGER.debug("%s %s", self._who, text)

    def received(self, packet: str | bytes) -> None:
        """Write a packet from the peer."""
        self._write("received", packet, from_server=not self._is_server)

    def sent(self, packet: str | bytes) -> None:
        """Write a packet to the peer."""
        self._write("sent", packet, from_server=self._is_server)

    def sent_prepared(self, prepared: Prepared) -> None:
        """Write a packet to the peer, and its attachments."""
        self.sent(prepared.text)
        for data in prepared.attachments:
            self.sent(data)

    def _write(self, verb: str, packet: str | bytes, *, from_server: bool) -> None:
        shown = (
            masked_packet(packet, from_server=from_server)
            if isinstance(packet, str)
            else f"{len(packet):,} bytes"
        )
        LOGGER.debug("%s %s %s", self._who, verb, shown)
