"""Puts packets together from messages, on server and client.

The rules:

- A packet with attachments is whole when its last attachment has come. Nothing but its attachments
  may come before that, and the last one must come within `attachment_timeout` seconds.
- A message that breaks the protocol ends the connection (Socket.IO protocol v5).
- If the application's parser raises another exception, the message is dropped, with an unfinished
  packet; the connection goes on with the next message.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from ackord.runtime.containment import Step, contain
from ackord.runtime.errors import ProtocolError
from ackord.runtime.protocol.socketio.errors import AttachmentError
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.protocol.socketio.parser import PacketDecoder
from ackord.runtime.sockets.backlog import Backlog


class ReadingConnection(Protocol):
    """The Socket.IO end of a connection, of a server or of a client."""

    def receive_packet(self, packet: Packet) -> None:
        """Take a whole packet.

        Raises:
            ProtocolError: it ends the connection.
        """
        ...

    def attachments_awaited(self, namespace: str | None) -> None:
        """Called when a packet has come whose attachments are still to come.

        Raises:
            ProtocolError: the peer may send nothing to this namespace.
        """
        ...

    def hold_attachments(self, size: int) -> None:
        """Count the bytes of the attachments so far, while more are awaited; 0 when none are
        awaited.
        """
        ...

    def violated(self, error: ProtocolError) -> None:
        """End the connection: the peer broke the protocol."""
        ...

    def message_dropped(self, error: BaseException) -> None:
        """Log an exception of a parser, or of other code below the events; no attachments are
        awaited any more.
        """
        ...


class PacketReader:
    """Makes packets of the messages of one connection."""

    __slots__ = (
        "_attachment_timeout",
        "_backlog",
        "_connection",
        "_decoder",
        "_loop",
        "_size",
        "_timer",
        "is_closed",
    )

    def __init__(
        self,
        decoder: PacketDecoder,
        attachment_timeout: float,
        backlog: Backlog,
        connection: ReadingConnection,
    ) -> None:
        self._decoder = decoder
        self._attachment_timeout = attachment_timeout
        self._backlog = backlog
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._size = 0  # bytes of the attachments of a packet that isn't whole
        self.is_closed = False
        """Whether the connection is over; nothing is taken any more."""

    def receive_text(self, message: str) -> bool:
        """Take an Engine.IO message with text, type digit included; return whether more may be
        read.
        """
        if self.is_closed:
            return True
        try:
            packet = self._decoder.receive_text(message, 1)
            if packet is not None:
                self._connection.receive_packet(packet)
            elif self._timer is None:
                self._begin_to_wait()
        except ProtocolError as error:
            self._connection.violated(error)
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self.drop(error)
        backlog = self._backlog
        return not (backlog.events and backlog.congested)

    def receive_binary(self, data: bytes) -> bool:
        """Take an Engine.IO message with bytes; return whether more may be read."""
        if self.is_closed:
            return True
        try:
            packet = self._decoder.receive_binary(data)
            if packet is not None:
                if self._timer is not None:
                    self._stop_waiting()
                self._connection.receive_packet(packet)
            else:
                if self._timer is None:
                    self._begin_to_wait()
                self._size += len(data)
                self._connection.hold_attachments(self._size)
        except ProtocolError as error:
            self._connection.violated(error)
        except BaseException as error:  # noqa: BLE001  # a parser of the application
            self.drop(error)
        backlog = self._backlog
        return not (backlog.events and backlog.congested)

    def drop(self, error: BaseException) -> None:
        """Drop a message for which the parser, or other code below the events, raised."""
        contain(error)
        self._stop_waiting()
        with Step("forget an unfinished packet"):
            self._decoder.reset()
        self._connection.message_dropped(error)

    def close(self) -> None:
        """Take nothing any more: the connection is over."""
        self.is_closed = True
        if self._timer is not None:
            self._stop_waiting()
            with Step("forget an unfinished packet"):
                self._decoder.reset()

    def _begin_to_wait(self) -> None:
        self._timer = self._loop.call_later(self._attachment_timeout, self._timed_out)
        self._connection.attachments_awaited(self._decoder.waiting)

    def _timed_out(self) -> None:
        self._connection.violated(
            AttachmentError("the attachments of a packet didn't come in time")
        )

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._size:
            self._size = 0
            self._connection.hold_attachments(0)
