"""Dynamic namespaces that the application asked for, and that no client has joined."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Final, Generic, TypeVar

UNUSED_TIMEOUT: Final = 60.0
"""Seconds after which a dynamic namespace that the application asked for by name is removed, unless
a client joins it.
"""
MAX_UNUSED: Final = 1000
"""Dynamic namespaces that the application may have asked for within that time; for one more, the
oldest is removed.
"""

ItemT = TypeVar("ItemT", bound=Hashable)


class Unused(Generic[ItemT]):
    """The namespaces, from the oldest to the newest, each with its timer."""

    __slots__ = ("_expire", "_timers")

    def __init__(self, expire: Callable[[ItemT], None]) -> None:
        """Call `expire` for each namespace whose time is over, or whose place another one takes."""
        self._expire = expire
        self._timers: dict[ItemT, asyncio.TimerHandle] = {}

    def add(self, item: ItemT) -> None:
        """Add a namespace; before the event loop runs there is no time, and it is kept."""
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            self._timers[item] = loop.call_later(UNUSED_TIMEOUT, self._end, item)
            if len(self._timers) > MAX_UNUSED:
                self._end(next(iter(self._timers)))

    def discard(self, item: ItemT) -> None:
        """Forget a namespace that was removed."""
        timer = self._timers.pop(item, None)
        if timer is not None:
            timer.cancel()

    def _end(self, item: ItemT) -> None:
        self.discard(item)
        self._expire(item)
