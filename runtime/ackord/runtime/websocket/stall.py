"""Clients that are written to and don't read."""

from __future__ import annotations

import asyncio

from ackord.runtime.websocket import bounds


class StallWatch:
    """Drops a connection that takes nothing of what is written to it."""

    __slots__ = ("_left", "_loop", "_timer", "_transport", "written")

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.WriteTransport) -> None:
        self._loop = loop
        self._transport = transport
        self._left = 0
        self.written = 0
        """Bytes that were written since it began; for whoever writes more than small control frames
        meanwhile to count.
        """
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin: more is buffered than should be."""
        self.stop()
        self.written = 0
        self._left = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(bounds.STALL_TIMEOUT, self._look)

    def stop(self) -> None:
        """End: the buffer is small again, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._transport.get_write_buffer_size() >= self._left + self.written:
            self._timer = None
            self._transport.abort()
        else:
            self.start()
