"""The end of a connection's authentication: one timer for each connection that has one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any
from weakref import WeakMethod

from ackord.runtime.errors import UsageError


def check_seconds(seconds: Any) -> None:
    """Check a number of seconds that an application gives.

    Raises:
        UsageError: it isn't a finite number.
    """
    if not isinstance(seconds, int | float) or not -inf < seconds < inf:
        raise UsageError(f"seconds are a finite number, not {seconds!r}")


class Expiry:
    """Calls a method when a time is over, unless it is set anew before.

    The method's object isn't kept alive: a client may be gone long before.
    """

    __slots__ = ("_end", "_timer", "is_over")

    def __init__(self, end: Callable[[], object]) -> None:
        self._end: WeakMethod[Callable[[], object]] = WeakMethod(end)
        self._timer: asyncio.TimerHandle | None = None
        self.is_over = False

    def set(self, seconds: float) -> None:
        """End after so many seconds from now; at once for none, or a time in the past."""
        self.cancel()
        self.is_over = False
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, seconds), self._finish)

    def cancel(self) -> None:
        """Forget the time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        self._timer = None
        self.is_over = True
        end = self._end()
        if end is not None:
            end()
