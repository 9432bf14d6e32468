"""Calls of listeners of the life cycle, callbacks and hooks, which aren't caused by an event of the
peer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import copy_context
from typing import Any, TypeAlias

from ackord.runtime.containment import contain, contain_awaited
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.sockets.listeners import ListenerTable, Registration
from ackord.runtime.tasks import TaskSet

Report: TypeAlias = Callable[[Exception], None]
"""Takes an exception of the application, after it was logged."""


def call_lifecycle(
    table: ListenerTable | None,
    name: str,
    arguments: Sequence[Any],
    tasks: TaskSet,
    report: Report | None = None,
) -> list[asyncio.Task[None]]:
    """Call listeners; return the tasks of those which are coroutine functions."""
    started: list[asyncio.Task[None]] = []
    for registration in () if table is None else table.take(name):
        task = call_guarded(registration, arguments, tasks, f"A listener of {name!r}", report)
        if task is not None:
            started.append(task)
    return started


def call_guarded(
    registration: Registration,
    arguments: Sequence[Any],
    tasks: TaskSet,
    what: str,
    report: Report | None = None,
) -> asyncio.Task[None] | None:
    """Call a function of the application without an answer: exceptions are logged, and an awaitable
    runs in a task.

    It runs in a context of its own, because it may be called in the middle of another handler.
    """
    result = _call(registration, arguments, tasks, what, report)
    return None if result is None else tasks.start(guard(result, what, tasks.log, report))


def call_hook(
    registration: Registration,
    arguments: Sequence[Any],
    tasks: TaskSet,
    what: str,
    client: str,
    *,
    report: Report | None = None,
) -> None:
    """Call a hook as `call_guarded` does, with at most `MAX_HOOK_TASKS` running: peers decide how
    often it is called.

    Calls beyond that are left out. `client` is the client that caused the call, for its share.
    """
    if registration.is_async and not tasks.has_room(client, what):
        return
    result = _call(registration, arguments, tasks, what, report)
    if result is None:
        return
    if registration.is_async or tasks.has_room(client, what):
        tasks.start_hook(guard(result, what, tasks.log, report), client)
    elif isinstance(result, Coroutine):
        result.close()


async def notify_in_order(registration: Registration, arguments: Sequence[Any]) -> None:
    """Call a listener and wait until it is done."""
    result = registration.notify(arguments)
    if hasattr(result, "__await__"):
        await result


def _call(
    registration: Registration,
    arguments: Sequence[Any],
    tasks: TaskSet,
    what: str,
    report: Report | None,
) -> Awaitable[Any] | None:
    """Call a function of the application; return its result if that must be awaited."""
    try:
        result = copy_context().run(registration.notify, arguments)
        is_awaitable = hasattr(result, "__await__")
    except BaseException as error:  # noqa: BLE001  # a listener of the application
        contain(error)
        tasks.log.crash(what, error)
        if report is not None and isinstance(error, Exception):
            report(error)
        return None
    return result if is_awaitable else None


async def guard(
    awaitable: Awaitable[Any], what: str, log: LimitedLog, report: Report | None = None
) -> None:
    """Await an awaitable of the application, and log its exceptions."""
    try:
        await awaitable
    except BaseException as error:  # noqa: BLE001  # a listener of the application
        contain_awaited(error)
        log.crash(what, error)
        if report is not None and isinstance(error, Exception):
            report(error)
