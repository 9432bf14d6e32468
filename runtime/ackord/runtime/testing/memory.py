"""A WebSocket in memory, as two ends that buffer and close as those of a real one."""

from __future__ import annotations

import asyncio
from collections import deque

from ackord.runtime.engine.client_transport import TransportLostError
from ackord.runtime.protocol.engineio.packet import utf8_length
from ackord.runtime.protocol.engineio.prepared import Prepared

CAPACITY = 65_536
"""Bytes that may be on their way before a sender waits, as on a real network."""


# The two ends of a pair use each other's private attributes.
# ruff: noqa: SLF001


class MemoryWebSocket:
    """One end: a `ClientWebSocket`, with a `write` that doesn't wait for servers."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        """Make one end; use `pair` instead."""
        self._capacity = capacity
        self._peer = self
        self._arrived: deque[str | bytes] = deque()
        self._arrived_size = 0
        self._changed = asyncio.Event()
        self._lost: TransportLostError | None = None
        self.close_code: int | None = None
        """The status of the close frame, once closed; `None` for none."""

    @classmethod
    def pair(cls, *, capacity: int = CAPACITY) -> tuple[MemoryWebSocket, MemoryWebSocket]:
        """Make two connected ends: messages sent on one are received on the other."""
        one, other = cls(capacity=capacity), cls(capacity=capacity)
        one._peer, other._peer = other, one
        return one, other

    @property
    def is_closed(self) -> bool:
        """Whether either end has closed."""
        return self._lost is not None

    @property
    def buffered(self) -> int:
        """Bytes that were sent here and not yet received at the other end."""
        return self._peer._arrived_size

    async def send(self, message: str | bytes) -> None:
        """Send one message; wait while the other end receives too slowly."""
        if self._lost is not None:
            raise self._lost
        self.write(message)
        while self.buffered > self._capacity and not self.is_closed:
            self._changed.clear()
            await self._changed.wait()

    def write(self, message: str | bytes) -> None:
        """Send one message at once; dropped after the end."""
        if self._lost is None:
            self._peer._arrive(message)

    async def receive(self) -> str | bytes:
        """Wait for one message; after the end, and what came before it, raise
        `TransportLostError`.
        """
        while not self._arrived:
            if self._lost is not None:
                raise self._lost
            self._changed.clear()
            await self._changed.wait()
        message = self._arrived.popleft()
        self._arrived_size -= _size(message)
        self._peer._changed.set()
        return message

    async def close(self) -> None:
        """Close both ends; see `ClientWebSocket.close`."""
        self.close_both(1000)

    def close_both(self, code: int | None = None, *, discard: bool = False) -> None:
        """Close both ends; with `discard`, messages on their way are dropped."""
        for end in (self, self._peer):
            if end._lost is None:
                end._end(code)
        if discard:
            self._peer._arrived.clear()
            self._peer._arrived_size = 0

    def _arrive(self, message: str | bytes) -> None:
        self._arrived.append(message)
        self._arrived_size += _size(message)
        self._changed.set()

    def _end(self, code: int | None) -> None:
        self.close_code = code
        self._lost = TransportLostError(
            "transport close", f"closed in memory, status {code or 1005}"
        )
        self._changed.set()


class MemoryServerWebSocket:
    """A `ServerWebSocket` over one end."""

    def __init__(self, end: MemoryWebSocket) -> None:
        """Take the server's end of a pair."""
        self._end = end

    @property
    def buffered(self) -> int:
        """Bytes that the client hasn't received yet."""
        return self._end.buffered

    @property
    def paused(self) -> bool:
        """Whether the client has anything left to receive."""
        return self._end.buffered > 0

    def send(self, message: str | bytes) -> None:
        """Write one message; see `ServerWebSocket.send`."""
        self._end.write(message)

    def send_prepared(self, prepared: Prepared) -> None:
        """Write a text message and its binary messages; see `ServerWebSocket.send_prepared`."""
        self._end.write(prepared.text)
        for data in prepared.attachments:
            self._end.write(data)

    def close(self, code: int | None = None) -> None:
        """Close; see `ServerWebSocket.close`."""
        self._end.close_both(code)

    def abort(self) -> None:
        """Drop everything; see `ServerWebSocket.abort`."""
        self._end.close_both(1006, discard=True)


def _size(message: str | bytes) -> int:
    return len(message) if isinstance(message, bytes) else utf8_length(message)
