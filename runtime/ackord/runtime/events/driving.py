"""Coroutines that run in a context of their own, whatever task drives them, and whose first step needs no task switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from enum import Enum
from functools import partial
from types import coroutine as generator_coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

# asyncio documents these two for those who implement tasks of their own ("Extending", "Task lifetime support").
_enter_task: Final = asyncio._enter_task  # noqa: SLF001
_leave_task: Final = asyncio._leave_task  # noqa: SLF001


class _Beginning(Enum):
    NOT_BEGUN = "not begun"


NOT_BEGUN: Final = _Beginning.NOT_BEGUN
"""What a coroutine waits for that has yet to begin."""


def first_step(
    coroutine: Coroutine[Any, Any, Any], context: Context, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
) -> asyncio.Future[Any] | None:
    """Run a coroutine up to its first wait, as if `task` ran it; return what it waits for, to be given to `drive`.

    `task` must be one that waits at present, and that goes on with the coroutine by `drive` if it waits:
    then whatever asked for the current task meanwhile (`asyncio.timeout`, task groups) got the right one.

    Raises:
        StopIteration: the coroutine is done; its `value` is what it returned.
    """
    outer = asyncio.current_task(loop)
    if outer is not None:
        _leave_task(loop, outer)
    _enter_task(loop, task)
    try:
        waiting: asyncio.Future[Any] | None = context.run(coroutine.send, None)
        return waiting
    finally:
        _leave_task(loop, task)
        if outer is not None:
            _enter_task(loop, outer)


@generator_coroutine
def drive(
    coroutine: Coroutine[Any, Any, T], context: Context, waiting: asyncio.Future[Any] | _Beginning | None = NOT_BEGUN
) -> Generator[Any, None, T]:
    """Await a coroutine, each step of which runs in `context`; `waiting` is what it waits for, if it has begun."""
    try:
        if waiting is NOT_BEGUN:
            waiting = context.run(coroutine.send, None)
        while True:
            step: Callable[[], Any]
            try:
                yield waiting
            except BaseException as error:  # noqa: BLE001  # everything is for the coroutine
                step = partial(coroutine.throw, error)
            else:
                step = partial(coroutine.send, None)
            waiting = context.run(step)
    except StopIteration as done:
        result: T = done.value
        return result
