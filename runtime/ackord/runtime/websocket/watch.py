"""Timers that end connections whose client doesn't go on: with reading, or with a message."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from ackord.runtime.websocket import bounds
from typing_extensions import override


class Watch(ABC):
    """Looks at a connection after some time, and again until there is nothing to look for.

    The timer isn't moved by each thing that happens: a look too much costs less than that.
    """

    __slots__ = ("_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """Look no more: the client goes on, or the connection is gone."""
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
        """End the connection, look again later, or do nothing."""


class StallWatch(Watch):
    """Drops a connection that takes nothing of what is written to it."""

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
        """Begin: more is buffered than should be."""
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
    """Ends a connection of whose unfinished message nothing has come for some time."""

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
        """Note that something has come of a message that isn't complete."""
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
