"""Generators that handle the events of a socket one after the other, each in a context of its own,
in any task.

A generator takes an event by `send`, and yields `IDLE` when the event was handled, or the future
that the handler waits for. So a handler that waits for nothing costs one call: no task, no turn of
the event loop, and no exception for its return.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from enum import Enum
from functools import partial
from types import coroutine
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class _State(Enum):
    IDLE = "idle"


IDLE: Final = _State.IDLE
"""Yielded by a generator between two events."""

Waiting: TypeAlias = asyncio.Future[Any] | _State | None
"""The future that a handler waits for, or `IDLE`."""

Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Handles one event, and raises nothing."""

EventHandler: TypeAlias = Generator[Waiting, Any, None]
"""Handles one event after the other."""


def awaiting(function: Callable[P, T]) -> Callable[P, T]:
    """Let a generator function wait for coroutines by ``yield from``, and be awaited itself."""
    return cast(
        "Callable[P, T]", coroutine(cast("Callable[P, Generator[Any, Any, Any]]", function))
    )


@awaiting
def handle_jobs() -> EventHandler:
    """Handle events that are jobs."""
    while True:
        job: Job = yield IDLE
        handling: Any = job()
        del job
        yield from handling
        del handling


@coroutine
def go_on(
    handler: EventHandler, context: Context, waiting: Waiting
) -> Generator[Waiting, None, None]:
    """Continue a handler that waits, in its context, until it has returned."""
    while waiting is not IDLE:
        step: Callable[[], Waiting]
        try:
            yield waiting
        except GeneratorExit:
            # which closes what the handler awaits, before it learns of it itself: see `is_closing`
            handler.close()
            raise
        except BaseException as error:  # noqa: BLE001  # everything is for the handler
            step = partial(handler.throw, error)
        else:
            step = partial(handler.send, None)
        waiting = context.run(step)
