"""Tasks of a server or client: the owner keeps them alive, reports their exceptions and ends them;
each begins in a later turn of the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, Final, TypeVar

from ackord.runtime.bounds.shares import Shares
from ackord.runtime.logs.limited import LimitedLog

T = TypeVar("T")

_CLEANING_UP: Final = 1.0
"""Seconds that a cancelled task gets for its `finally`, even if no time is left."""

MAX_HOOK_TASKS: Final = 1000
"""Calls of hooks that may run at the same time: peers decide how often an event fails."""


class TaskSet:
    """The running tasks of a server or a client, and the log for exceptions of the application in
    them.
    """

    __slots__ = ("_hooks", "_tasks", "log")

    def __init__(self, log: LimitedLog | None = None) -> None:
        self.log = log or LimitedLog(logging.getLogger("ackord.runtime"))
        self._tasks: set[asyncio.Task[None]] = set()
        self._hooks: Shares[asyncio.Task[None]] = Shares(MAX_HOOK_TASKS)

    def __len__(self) -> int:
        return len(self._tasks)

    def start(
        self, coroutine: Coroutine[Any, Any, None], context: Context | None = None
    ) -> asyncio.Task[None]:
        """Run a coroutine as a task of this owner, in `context` or a copy of the current one; it
        begins in a later turn of the event loop.
        """
        task = start_later(asyncio.get_running_loop(), coroutine, context)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def has_room(self, client: str, what: str) -> bool:
        """Whether a hook may run in a task for an event of `client`; if not, log that this call of
        `what` is left out.
        """
        if self._hooks.has_room(client):
            return True
        text = (
            f"{what} isn't called for each failure: {len(self._hooks):,} of its calls, or of other "
            "hooks, still run. Make it faster, or a plain function."
        )
        self.log.write_warning("hooks", what, text)
        return False

    def start_hook(self, coroutine: Coroutine[Any, Any, None], client: str) -> None:
        """Run a hook as a task of this owner; call `has_room` before."""
        task = self.start(coroutine)
        self._hooks.add(task, client)
        task.add_done_callback(self._hooks.remove)

    async def finish(self, timeout: float) -> None:  # noqa: ASYNC109  # bounds one wait of several
        """Wait until all tasks but the current one have ended; after `timeout` seconds, cancel the
        rest.
        """
        for task in await self._wait(timeout):
            task.cancel()
        # A cancelled task may have started others, and a task that swallows its cancellation must
        # not hold the server for ever.
        for task in await self._wait(max(timeout, _CLEANING_UP)):
            task.cancel()

    def discard(self) -> None:
        """Forget the tasks of an event loop that has ended."""
        self._tasks.clear()
        self._hooks.clear()

    async def _wait(self, timeout: float) -> list[asyncio.Task[None]]:  # noqa: ASYNC109  # bounds one wait of several
        """Wait until no task is left, also of those that start meanwhile; return the ones that are
        left after `timeout` seconds.
        """
        current = asyncio.current_task()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while tasks := [task for task in self._tasks if task is not current]:
            remaining = deadline - loop.time()
            if remaining <= 0:
                break
            await asyncio.wait(tasks, timeout=remaining)
        return tasks

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.crash("A task", error)


def start_later(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, T],
    context: Context | None = None,
) -> asyncio.Task[T]:
    """Run a coroutine as a task that doesn't begin before this returns, in `context` or a copy of
    the current one.

    An application may have set a task factory, and one of asyncio's own
    (`asyncio.eager_task_factory`, Python 3.12) begins tasks while they are made: in the middle of a
    packet, and before the caller has them.
    """
    if loop.get_task_factory() is None:
        return loop.create_task(coroutine, context=context)
    task = loop.create_task(_begin_later(coroutine), context=context)
    # If the task is cancelled before it begins, nothing else closes the coroutine, and Python would
    # warn that it was never awaited.
    task.add_done_callback(lambda _: coroutine.close())
    return task


async def _begin_later(coroutine: Coroutine[Any, Any, T]) -> T:
    await asyncio.sleep(0)
    return await coroutine
