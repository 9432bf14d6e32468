"""Runs a scenario in an event loop of its own, and sees that nothing is left of it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

SETTLING: Final = 200
"""Turns of a hundredth of a second in which tasks that end may end."""


def run_alone(
    scenario: Callable[[], Coroutine[Any, Any, None]],
    caplog: pytest.LogCaptureFixture,
    *,
    debug: bool = True,
) -> None:
    """Run a scenario; fail if a task is left, if asyncio or the garbage collector warn, or if
    anything is logged as an error.
    """

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 60  # a busy machine is no mistake
        await scenario()
        left: set[asyncio.Task[Any]] = set()
        for _ in range(SETTLING):
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if not left:
                break
            await asyncio.sleep(0.01)
        assert not left, f"tasks are left: {left}"

    caplog.clear()
    caplog.set_level(logging.WARNING)
    asyncio.run(main(), debug=debug)
    gc.collect()  # an exception that nobody has retrieved is told then
    complaints = [
        record.getMessage()
        for record in caplog.records
        if record.name == "asyncio" or record.levelno >= logging.ERROR
    ]
    assert not complaints, complaints
