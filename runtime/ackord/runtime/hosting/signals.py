"""Notices that the host is asked to stop, before the host waits for its requests.

An ASGI server that gets SIGTERM waits for running requests first, and ends the application's
lifespan afterwards. A parked poll is a running request, for up to `ping_interval` seconds: it must
be answered at the signal. The host's own handler is called as well, so the host stops as it always
does.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Calls a function at the signals that stop a host, then the host's own handler. If the host
    handles no signals, nothing is changed.
    """

    __slots__ = ("_ours", "_stopping")

    def __init__(self, stopping: Callable[[], object]) -> None:
        """`stopping` is called in the main thread, between any two instructions."""
        self._stopping = stopping
        self._ours: dict[signal.Signals, tuple[Callable[..., Any], Callable[..., Any]]] = {}

    def watch(self) -> None:
        """Handle the signals from now on; does nothing outside of the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _STOPPING:
            theirs = signal.getsignal(number)
            if callable(theirs) and theirs is not signal.default_int_handler:
                ours = self._handler(theirs)
                signal.signal(number, ours)
                self._ours[number] = ours, theirs

    def close(self) -> None:
        """Restore the handlers of the signals, unless they were changed since."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, (ours, theirs) in self._ours.items():
            if signal.getsignal(number) is ours:
                signal.signal(number, theirs)
        self._ours.clear()

    def _handler(self, theirs: Callable[..., Any]) -> Callable[[int, FrameType | None], Any]:
        def handle(number: int, frame: FrameType | None) -> Any:
            with suppress(RuntimeError):  # the event loop is closed already
                self._stopping()
            return theirs(number, frame)

        return handle
