"""The listeners of a client socket's life cycle: in their place among the events, and at its end in
a bounded time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.sockets.driving import Job
from ackord.runtime.sockets.lifecycle import guard, notify_in_order
from ackord.runtime.sockets.listeners import ListenerTable, Registration
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.tasks import TaskSet

ENDING_TIMEOUT: Final = 10.0
"""Seconds in which events that arrived before the end are still handled, before ``disconnect`` is
told.
"""


def notify(
    table: ListenerTable | None,
    name: str,
    arguments: tuple[Any, ...],
    queue: EventQueue | None,
    tasks: TaskSet,
) -> None:
    """Call the listeners of a name after the events that came before."""
    for job in _jobs(table, name, arguments, tasks):
        if queue is None:
            tasks.start(job())
        else:
            queue.put(job, 0)


def notify_last(
    table: ListenerTable | None,
    name: str,
    arguments: tuple[Any, ...],
    queue: EventQueue | None,
    tasks: TaskSet,
    *,
    then: Callable[[], None] | None = None,
) -> None:
    """Call the listeners of a name, and `then`, after the last event, but don't wait for ever for a
    handler that is stuck.
    """

    def start() -> None:
        for job in _jobs(table, name, arguments, tasks):
            tasks.start(job())
        if then is not None:
            then()

    if queue is None:
        start()
    else:
        queue.finish(start, ENDING_TIMEOUT)


def _jobs(
    table: ListenerTable | None, name: str, arguments: tuple[Any, ...], tasks: TaskSet
) -> list[Job]:
    registrations = () if table is None else table.take(name)
    return [
        partial(_call, registration, arguments, f"A listener of {name!r}", tasks.log)
        for registration in registrations
    ]


async def _call(
    registration: Registration, arguments: tuple[Any, ...], what: str, log: LimitedLog
) -> None:
    await guard(notify_in_order(registration, arguments), what, log)
