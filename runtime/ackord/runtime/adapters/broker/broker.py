"""The broker: passes each message to the workers that have subscribed to its channel.

It owns its sockets, rather than transports of asyncio, so that a fork can close its copies without
any effect on the parent's event loop.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from ackord.runtime.adapters.broker import frames
from ackord.runtime.adapters.broker.frames import FrameError, FrameReader

MAX_BUFFERED: Final = 64_000_000
"""Bytes that wait for one worker; beyond that it is cut off. One message may be larger."""
MAX_CHANNELS: Final = 2_000_000
"""Channels that one worker may have subscribed to."""
MAX_PEERS: Final = 4096

_READ: Final = 262_144
_PIECES: Final = 64
"""Frames that are written by one call of the system."""

_logger = logging.getLogger("ackord.runtime.cluster")


class Broker:
    """Listens at a Unix socket, in an event loop that needn't run yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop, path: Path) -> None:
        self._loop = loop
        self._peers: set[_Peer] = set()
        self._members: dict[bytes, dict[_Peer, None]] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(128)
        self._listener.setblocking(False)
        loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Close all connections."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for peer in tuple(self._peers):
            self.drop(peer)

    def abandon(self) -> None:
        """Close the copies of a fork."""
        self._listener.close()
        for peer in self._peers:
            peer.socket.close()

    def drop(self, peer: _Peer) -> None:
        """Forget a worker."""
        if peer in self._peers:
            self._peers.remove(peer)
            self._loop.remove_reader(peer.socket)
            self._loop.remove_writer(peer.socket)
            peer.socket.close()
            for channel in tuple(peer.channels):
                self._leave(peer, channel)

    def handle(self, peer: _Peer, kind: int, content: bytes) -> None:
        """Do what a worker asks for.

        Raises:
            FrameError: the frame is wrong.
        """
        frames.read_number(content)
        answer = b""
        if kind == frames.PUBLISH:
            channel, end = frames.read_channel(content, 4)
            members = self._members.get(channel)
            if members:
                message = frames.frame(frames.MESSAGE, content[4:end], content[end:])
                for member in tuple(members):
                    member.write(message)
        elif kind == frames.SUBSCRIBE:
            for channel in frames.read_channels(content, 4):
                if len(peer.channels) >= MAX_CHANNELS:
                    raise FrameError("too many channels")
                peer.channels.add(channel)
                self._members.setdefault(channel, {})[peer] = None
        elif kind == frames.UNSUBSCRIBE:
            for channel in frames.read_channels(content, 4):
                self._leave(peer, channel)
        elif kind == frames.COUNT:
            channel, _ = frames.read_channel(content, 4)
            answer = frames.write_number(len(self._members.get(channel, ())))
        else:
            raise FrameError("the kind of a frame is unknown")
        peer.write(frames.frame(frames.DONE, content[:4], answer))

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        if len(self._peers) >= MAX_PEERS:
            connection.close()
            return
        peer = _Peer(self, self._loop, connection)
        self._peers.add(peer)
        self._loop.add_reader(connection, peer.read)

    def _leave(self, peer: _Peer, channel: bytes) -> None:
        peer.channels.discard(channel)
        members = self._members.get(channel)
        if members is not None:
            members.pop(peer, None)
            if not members:
                del self._members[channel]


class _Peer:
    """The connection of one worker."""

    def __init__(
        self, broker: Broker, loop: asyncio.AbstractEventLoop, connection: socket.socket
    ) -> None:
        self.socket = connection
        self.channels: set[bytes] = set()
        self._broker = broker
        self._loop = loop
        self._frames = FrameReader()
        self._waiting: deque[bytes | memoryview] = deque()
        self._size = 0

    def read(self) -> None:
        try:
            data = self.socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._broker.drop(self)
            return
        try:
            for kind, content in self._frames.feed(data):
                self._broker.handle(self, kind, content)
        except FrameError as error:
            _logger.error("A worker is cut off from the broker: %s", error)  # noqa: TRY400  # no fault of this code
            self._broker.drop(self)

    def write(self, data: bytes) -> None:
        if self.socket.fileno() < 0:
            return
        if self._waiting and self._size + len(data) > MAX_BUFFERED:
            _logger.error(
                "A worker is cut off from the broker: it takes its messages too slowly, and "
                "%d bytes wait for it. It connects again, and has missed messages.",
                self._size,
            )
            # It may be one of the members that a message is being passed to.
            self._loop.call_soon(self._broker.drop, self)
            self._waiting.clear()
            self._size = 0
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
            return
        self._waiting.append(data)
        self._size += len(data)
        if len(self._waiting) == 1:
            self._flush()

    def _flush(self) -> None:
        waiting = self._waiting
        while waiting:
            pieces = [waiting[at] for at in range(min(_PIECES, len(waiting)))]
            try:
                sent = self.socket.sendmsg(pieces)
            except BlockingIOError:
                self._loop.add_writer(self.socket, self._flush)
                return
            except OSError:
                self._loop.call_soon(self._broker.drop, self)
                waiting.clear()
                self._size = 0
                return
            self._size -= sent
            while sent and sent >= len(waiting[0]):
                sent -= len(waiting.popleft())
            if sent:
                waiting[0] = memoryview(waiting[0])[sent:]
        self._loop.remove_writer(self.socket)
