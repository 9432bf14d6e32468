"""Listeners of the life cycle, and callbacks: called by this side, never by a packet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Any

from ackord.runtime.events.tasks import TaskSet
from ackord.runtime.listeners import ListenerTable, Registration

_log = logging.getLogger(__name__)


def call_lifecycle(table: ListenerTable | None, name: str, arguments: Sequence[Any], tasks: TaskSet) -> list[asyncio.Task[None]]:
    """Call listeners; return the tasks of those which are coroutine functions."""
    started: list[asyncio.Task[None]] = []
    for registration in () if table is None else table.take(name):
        task = call_guarded(registration, arguments, tasks, f"a listener of {name!r}")
        if task is not None:
            started.append(task)
    return started


def call_guarded(registration: Registration, arguments: Sequence[Any], tasks: TaskSet, what: str) -> asyncio.Task[None] | None:
    """Call a function of the application that answers nobody: what it raises is logged, an awaitable that it returns gets a task."""
    try:
        result = registration.notify(arguments)
    except Exception:  # noqa: BLE001  # a listener of the application
        _log.exception("%s failed", what)
        return None
    return tasks.start(guard(result, what)) if hasattr(result, "__await__") else None


async def notify_in_order(registration: Registration, arguments: Sequence[Any]) -> None:
    """Call a listener and wait until it is done."""
    result = registration.notify(arguments)
    if hasattr(result, "__await__"):
        await result


async def guard(awaitable: Awaitable[Any], what: str) -> None:
    """Await what the application gave and log what it raises."""
    try:
        await awaitable
    except Exception:  # noqa: BLE001  # a listener of the application
        _log.exception("%s failed", what)
