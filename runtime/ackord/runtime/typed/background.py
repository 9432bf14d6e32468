"""The event loop of the synchronous clients: one for the whole process, in a thread of its own.

The thread begins with the first client that connects. It is a daemon, so that a program which
forgets to close a client can end; before it ends, what is still open is closed. A process that was
forked has no such thread: clients that were made before the fork refuse to work there, and new ones
begin another thread.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar

import anyio
from ackord.runtime.errors import UsageError
from anyio.from_thread import BlockingPortal

R = TypeVar("R")

CLOSING: Final = 5.0
"""Seconds that the clients which are still open may take to close when the program ends."""


class BackgroundLoop:
    """An event loop in a thread, which other threads call into."""

    def __init__(self) -> None:
        """Start the thread; return when the loop runs."""
        self.pid: Final = os.getpid()
        started: Future[BlockingPortal] = Future()
        self._thread = threading.Thread(
            target=partial(anyio.run, _serve, started), name="ackord sync clients", daemon=True
        )
        self._thread.start()
        self._portal = started.result()

    def call(self, function: Callable[..., Awaitable[R]], *arguments: Any) -> R:
        """Run a coroutine function in the loop and return what it returns; interrupted by Ctrl-C,
        the coroutine is cancelled.

        Raises:
            UsageError: this is called in the loop's own thread, or in another process.
            BaseException: what the function raises.
        """
        if os.getpid() != self.pid:
            raise UsageError("this client was made before a fork: make a new one in each process")
        if threading.current_thread() is self._thread:
            raise UsageError(
                "a synchronous client can't be called in the event loop of its own: declare the "
                "handler as a plain `def`, which runs in a thread"
            )
        future = self._portal.start_task_soon(function, *arguments)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the loop and the thread."""
        self._portal.start_task_soon(self._portal.stop)
        self._thread.join(CLOSING)


async def _serve(started: Future[BlockingPortal]) -> None:
    async with BlockingPortal() as portal:
        started.set_result(portal)
        await portal.sleep_until_stopped()


_lock = threading.Lock()
_running: BackgroundLoop | None = None
_open: dict[int, Callable[[], None]] = {}
"""What closes each client that is open."""


def background_loop() -> BackgroundLoop:
    """Return the loop of this process, started now if need be."""
    global _running  # noqa: PLW0603  # there is one for each process
    with _lock:
        if _running is None:
            _running = BackgroundLoop()
        return _running


def note_open(client: object, close: Callable[[], None]) -> None:
    """Close a client when the program ends, unless `note_closed` is called before."""
    _open[id(client)] = close


def note_closed(client: object) -> None:
    """Forget a client that is closed."""
    _open.pop(id(client), None)


def _close_all() -> None:
    if _running is None or _running.pid != os.getpid():
        return
    for close in list(_open.values()):
        close()
    _running.stop()


def _forget() -> None:
    """Begin anew in a process that was forked: the thread is not in there."""
    global _running, _lock  # there is one for each process
    _running, _lock = None, threading.Lock()
    _open.clear()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget)
