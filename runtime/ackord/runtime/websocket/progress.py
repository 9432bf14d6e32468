"""Messages that begin and don't end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ackord.runtime.websocket import bounds


class ProgressWatch:
    """Ends a connection of whose unfinished message nothing has come for some time."""

    __slots__ = ("_fail", "_is_unfinished", "_last", "_loop", "_timer")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        is_unfinished: Callable[[], bool],
        fail: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._is_unfinished = is_unfinished
        self._fail = fail
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def note(self) -> None:
        """Note that something has come of a message that isn't complete."""
        self._last = self._loop.time()
        # One timer does for many messages: it is cheaper to look once too often than to cancel it
        # whenever one is complete.
        if self._timer is None:
            self._timer = self._loop.call_later(bounds.PROGRESS_TIMEOUT, self._look)

    def stop(self) -> None:
        """End: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._is_unfinished():
            return
        left = self._last + bounds.PROGRESS_TIMEOUT - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._fail()
