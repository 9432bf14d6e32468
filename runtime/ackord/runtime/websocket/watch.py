"""Timers that close connections whose client stops reading, or stops in the middle of a message."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from ackord.runtime.websocket import bounds
from typing_extensions import override


class Watch(ABC):
    """Checks a connection after some time, and again until it is stopped.

    The timer isn't moved by each event: a check too much costs less than that.
    """

    __slots__ = ("_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """Check no more: the client goes on, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_in(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._look()

    @abstractmethod
    def _look(self) -> None:
        """Close the connection, set the timer again, or do nothing."""


class StallWatch(Watch):
    """Drops a connection whose network takes none of the written bytes."""

    __slots__ = ("_left", "_transport", "written")

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.WriteTransport) -> None:
        super().__init__(loop)
        self._transport = transport
        self._left = 0
        self.written = 0
        """Bytes that were written since `start`, small control frames aside; for the writer to
        count.
        """

    def start(self) -> None:
        """Begin, because too much is buffered."""
        self.stop()
        self.written = 0
        self._left = self._transport.get_write_buffer_size()
        self._look_in(bounds.STALL_TIMEOUT)

    @override
    def _look(self) -> None:
        if self._transport.get_write_buffer_size() >= self._left + self.written:
            self._transport.abort()
        else:
            self.start()


class ProgressWatch(Watch):
    """Closes a connection if no more bytes of an unfinished message come."""

    __slots__ = ("_fail", "_is_unfinished", "_last")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        is_unfinished: Callable[[], bool],
        fail: Callable[[], None],
    ) -> None:
        super().__init__(loop)
        self._is_unfinished = is_unfinished
        self._fail = fail
        self._last = 0.0

    def note(self) -> None:
        """Note that bytes of an unfinished message have come."""
        self._last = self._loop.time()
        if self._timer is None:
            self._look_in(bounds.PROGRESS_TIMEOUT)

    @override
    def _look(self) -> None:
        if not self._is_unfinished():
            return
        left = self._last + bounds.PROGRESS_TIMEOUT - self._loop.time()
        if left > 0:
            self._look_in(left)
        else:
            self._fail()
