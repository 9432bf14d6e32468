"""What the application's functions raise, and what of it concerns nobody else."""

from __future__ import annotations

import asyncio
from typing import Final

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


def contain_awaited(error: BaseException) -> None:
    """Raise again what `contain` does, and the cancellation of the task that awaited the application's function."""
    contain(error)
    if isinstance(error, asyncio.CancelledError) and is_being_cancelled():
        raise error
