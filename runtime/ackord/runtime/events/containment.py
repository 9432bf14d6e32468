"""What the application's functions raise or leave behind, and what of it concerns nobody else."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from typing import Final

_MISSING: Final = object()

_OURS_NOT_TO_STOP: Final = (KeyboardInterrupt, SystemExit, GeneratorExit)


def contain(error: BaseException) -> None:
    """Raise again what ends the program or a coroutine; anything else that a listener, hook or middleware raised stays with its event.

    That goes for `asyncio.CancelledError` too: a plain function raises it by asking a cancelled future for its result.
    And for what derives from `BaseException` only, such as the outcomes of test frameworks.
    """
    if isinstance(error, _OURS_NOT_TO_STOP):
        raise error


def is_being_cancelled() -> bool:
    """Tell whether somebody cancelled the current task, so that an `asyncio.CancelledError` has to go on."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def has_changed(before: Context) -> bool:
    """Tell whether a context variable has another value than in a copy of the context that was made before.

    Values are compared by identity: two that are equal now needn't be so for ever, and comparing them could run anything.
    """
    now = copy_context()
    if len(now) != len(before):
        return True
    for variable in now:  # noqa: SIM110  # on the path of every message
        if before.get(variable, _MISSING) is not now[variable]:
            return True
    return False
