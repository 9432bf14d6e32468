"""Coroutines that run in a context of their own, whatever task drives them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from enum import Enum
from functools import partial
from types import coroutine as generator_coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")


class _Beginning(Enum):
    NOT_BEGUN = "not begun"


NOT_BEGUN: Final = _Beginning.NOT_BEGUN
"""What a coroutine waits for that has yet to begin."""


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
