"""The event loop of a server: one at a time, and another one after the first has ended.

Everything of a server belongs to one event loop: its sessions, timers, tasks and sockets. Calls
from other threads are of two kinds. Calls without a result (`emit`, `join`, `disconnect`) are
handed to the loop, in the order in which they were made. Calls with a result (`emit_with_ack`,
`fetch_sockets`) raise `UsageError` before they have done anything.

When the loop has ended, everything that belonged to it is discarded, so the next loop starts empty.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from functools import partial
from threading import get_ident
from typing import Any, Final

from ackord.runtime.containment import contain
from ackord.runtime.errors import SlowConsumerError, UsageError
from ackord.runtime.logs.limited import LimitedLog

MAX_WAITING: Final = 100_000
"""Calls from other threads that may wait for the event loop."""

_NO_THREAD: Final = 0
"""No thread has this identifier."""

_logger = logging.getLogger("ackord.runtime.server")


class ServerLoop:
    """The event loop of one server, and the thread in which that loop runs.

    The data path compares `thread` with `threading.get_ident()`: asking for the running loop takes
    several times as long on Python 3.11.
    """

    __slots__ = ("_calls", "_discard", "_end_watch", "_has_warned", "_log", "current", "thread")

    def __init__(self, discard: Callable[[], None]) -> None:
        """Begin without a loop; `discard` is called to forget everything that belonged to a loop
        which has ended.
        """
        self.current: asyncio.AbstractEventLoop | None = None
        """The loop, from the server's start or its first session to the end of the loop."""
        self.thread = _NO_THREAD
        """The identifier of the thread that runs the loop."""
        self._discard = discard
        self._calls: deque[Callable[[], object]] = deque()
        self._end_watch: AsyncGenerator[None] | None = None
        self._has_warned = False
        self._log = LimitedLog(_logger)

    def enter(self) -> None:
        """Make the running event loop the server's.

        Raises:
            UsageError: the server works in another loop that still runs.
        """
        running = asyncio.get_running_loop()
        if running is self.current:
            self.thread = get_ident()
            return
        if self.current is not None:
            if self.current.is_running():
                raise UsageError(
                    "this server works in another event loop, which still runs: make one "
                    "server for each loop "
                    "(with Starlette's TestClient, use one `with TestClient(app) as client:` "
                    "for all connections)"
                )
            self._end()
        self.current = running
        self.thread = get_ident()
        self._has_warned = False
        self._watch_end(running)

    def call(self, command: Callable[..., object], *arguments: Any) -> None:
        """Make a call without a result in the server's event loop: at once if that loop runs in
        this thread, else soon; see `hand_over`.
        """
        if get_ident() == self.thread or not self.hand_over(command, *arguments):
            command(*arguments)

    def hand_over(self, command: Callable[..., object], *arguments: Any) -> bool:
        """Hand a call without a result to the server's event loop if that loop runs in another
        thread; return false if the caller must make the call itself.

        Without a loop there are no clients, and the caller makes the call.

        Raises:
            SlowConsumerError: too many calls wait for the loop already.
        """
        running = _running_loop()
        loop = self.current
        if loop is not None and loop.is_closed():
            self._end()
            loop = None
        if loop is None:
            if running is None:
                self._warn()
            return False
        if running is loop:
            self.thread = get_ident()
            return False
        self._put(loop, partial(command, *arguments))
        return True

    def check(self) -> None:
        """Check that a call with a result is made in the server's event loop, or that the server
        has no loop.

        Raises:
            UsageError: the call is made elsewhere; the message says how to make it.
        """
        if get_ident() == self.thread:
            return
        loop = self.current
        if loop is not None and loop is not _running_loop() and not loop.is_closed():
            raise UsageError(
                "this call answers, so it must be made in the server's event loop; from "
                "another thread use "
                "anyio.from_thread.run(…) or asyncio.run_coroutine_threadsafe(…, loop).result()"
            )

    def _put(self, loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
        if len(self._calls) >= MAX_WAITING:
            raise SlowConsumerError(
                f"{MAX_WAITING} calls from other threads wait for the server's event loop already"
            )
        self._calls.append(call)
        try:
            loop.call_soon_threadsafe(self._run_next)
        except (
            RuntimeError
        ):  # the loop was closed a moment ago, and everything that waited for it is gone
            self._warn()

    def _run_next(self) -> None:
        if self._calls:
            call = self._calls.popleft()
            try:
                call()
            except BaseException as error:  # noqa: BLE001  # code of the application: an adapter, a parser, a listener
                contain(error)
                self._log.crash("A call from another thread", error)

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            _logger.warning(
                "The API of a server was called that runs in no event loop: no client is "
                "connected to it in this process. (It is logged once.)"
            )

    def _watch_end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Notice the end of the loop: `asyncio.run` and its like close the asynchronous generators
        that were begun in it, such as this one.
        """
        watch = self._until_end(loop)
        try:
            watch.__anext__().send(None)
        except StopIteration:
            self._end_watch = watch

    async def _until_end(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            if self.current is loop:
                self._end()

    def _end(self) -> None:
        """Forget the loop and everything that belonged to it."""
        self.current = None
        self.thread = _NO_THREAD
        self._end_watch = None
        self._calls.clear()
        self._discard()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
