"""Listeners of the life cycle, and callbacks: called by this side, never by a packet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from typing import Any, TypeAlias

from ackord.runtime.events.containment import contain, contain_awaited
from ackord.runtime.events.tasks import TaskSet
from ackord.runtime.limited_log import LimitedLog
from ackord.runtime.listeners import ListenerTable, Registration

Report: TypeAlias = Callable[[Exception], None]
"""Takes what a function of the application raised, after it has been logged."""


def call_lifecycle(
    table: ListenerTable | None, name: str, arguments: Sequence[Any], tasks: TaskSet, report: Report | None = None
) -> list[asyncio.Task[None]]:
    """Call listeners; return the tasks of those which are coroutine functions."""
    started: list[asyncio.Task[None]] = []
    for registration in () if table is None else table.take(name):
        task = call_guarded(registration, arguments, tasks, f"A listener of {name!r}", report)
        if task is not None:
            started.append(task)
    return started


def call_guarded(
    registration: Registration, arguments: Sequence[Any], tasks: TaskSet, what: str, report: Report | None = None
) -> asyncio.Task[None] | None:
    """Call a function of the application that answers nobody: what it raises is logged, an awaitable that it returns gets a task.

    It has a context of its own: it may be called in the middle of somebody else's handler.
    """
    try:
        result = copy_context().run(registration.notify, arguments)
        is_awaitable = hasattr(result, "__await__")
    except BaseException as error:  # noqa: BLE001  # a listener of the application
        contain(error)
        tasks.log.crash(what, error)
        if report is not None and isinstance(error, Exception):
            report(error)
        return None
    return tasks.start(guard(result, what, tasks.log, report)) if is_awaitable else None


async def notify_in_order(registration: Registration, arguments: Sequence[Any]) -> None:
    """Call a listener and wait until it is done."""
    result = registration.notify(arguments)
    if hasattr(result, "__await__"):
        await result


async def guard(awaitable: Awaitable[Any], what: str, log: LimitedLog, report: Report | None = None) -> None:
    """Await what the application gave and log what it raises."""
    try:
        await awaitable
    except BaseException as error:  # noqa: BLE001  # a listener of the application
        contain_awaited(error)
        log.crash(what, error)
        if report is not None and isinstance(error, Exception):
            report(error)
