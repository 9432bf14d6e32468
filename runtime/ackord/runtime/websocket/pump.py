"""Writes what many connections have queued, in as few tasks as it takes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol

from ackord.runtime.tasks import start_later


class Drainable(Protocol):
    """Something that has messages to write."""

    __slots__ = ()

    async def drain(self, writer: asyncio.Task[Any] | None) -> None:
        """Write them all, in the task `writer`, which may be cancelled while this runs; raises
        nothing else.
        """
        ...


class Pump:
    """Drains many sources one after the other in one task.

    Where a network takes no more, its source keeps that task, and another task goes on with the
    other sources. A broadcast to thousands so needs one task rather than thousands, and no client
    waits for one that doesn't read. A task is needed at all because ASGI's `send` may rely on the
    task that it runs in (`asyncio.timeout`, cancellation, context variables).
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
        """Run in this event loop; what another one has left behind is lost with it."""
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
            # When this is called, the task has finished or waits for a network: what it hasn't come
            # to is for another.
            loop.call_soon(self._take_over, loop)
        while waiting and writer is not None:
            await waiting.popleft().drain(writer)

    def _take_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_starting:
            self._start(loop)
