"""Sends the queues of many connections in few tasks."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol

from ackord.runtime.tasks import start_later


class Drainable(Protocol):
    """A connection with a queue of messages."""

    __slots__ = ()

    async def drain(self, writer: asyncio.Task[Any] | None) -> None:
        """Send all queued messages in the task `writer`. Raises nothing but
        `asyncio.CancelledError`, if that task is cancelled.
        """
        ...


class Pump:
    """Drains many sources one after the other in one task.

    If the network of a source takes no more, that source keeps the task, and another task goes on
    with the other sources. So a broadcast to thousands needs one task rather than thousands, and no
    client waits for a client that doesn't read. A task is needed because ASGI's `send` may rely on
    the task that it runs in (`asyncio.timeout`, cancellation, context variables).
    """

    __slots__ = ("_is_starting", "_loop", "_tasks", "_waiting")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[Drainable] = deque()
        self._tasks: set[asyncio.Task[None]] = (
            set()
        )  # the event loop itself holds only weak references
        self._is_starting = False

    def enter(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run in this event loop; sources of an earlier loop are forgotten."""
        if loop is not self._loop:
            self._loop = loop
            self._waiting.clear()
            self._is_starting = False

    def add(self, source: Drainable) -> None:
        """Drain `source` soon; until then it must not be added again."""
        self._waiting.append(source)
        if not self._is_starting and self._loop is not None:
            self._start(self._loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_starting = True
        task = start_later(loop, self._run(loop))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_starting = False
        waiting = self._waiting
        writer = asyncio.current_task(loop)
        if len(waiting) > 1:
            # The task has finished, or waits for a network: another task goes on with the remaining
            # sources.
            loop.call_soon(self._take_over, loop)
        while waiting and writer is not None:
            await waiting.popleft().drain(writer)

    def _take_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_starting:
            self._start(loop)
