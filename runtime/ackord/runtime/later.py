"""Tasks that begin in a later turn of the event loop, whatever makes the application's tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def start_later(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, T],
    context: Context | None = None,
) -> asyncio.Task[T]:
    """Run a coroutine as a task that doesn't begin before this returns, in a context or in a copy
    of the current one.

    An application may have set a task factory, and one of asyncio's own
    (`asyncio.eager_task_factory`, Python 3.12) begins tasks while they are made: in the middle of a
    packet, and before whoever makes them knows them.
    """
    if loop.get_task_factory() is None:
        return loop.create_task(coroutine, context=context)
    task = loop.create_task(_begin_later(coroutine), context=context)
    # Nothing else does if the task is cancelled before it comes to the coroutine, which then says
    # that it was never awaited.
    task.add_done_callback(lambda _: coroutine.close())
    return task


async def _begin_later(coroutine: Coroutine[Any, Any, T]) -> T:
    await asyncio.sleep(0)
    return await coroutine
