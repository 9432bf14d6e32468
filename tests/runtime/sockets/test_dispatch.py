"""The queue of one socket's events: what it counts, and what it keeps."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.tasks import TaskSet
from ackord.runtime.testing import run


def test_events_that_are_dropped_no_longer_count_as_waiting() -> None:
    async def scenario() -> None:
        backlog = Backlog(max_events=2, max_bytes=10_000)
        queue = EventQueue(backlog, TaskSet())
        queue.open()
        for _ in range(4):
            queue.put(lambda: asyncio.sleep(1), 10)
        await asyncio.sleep(0)
        assert backlog.congested
        queue.clear()  # another namespace of the same connection goes on
        assert not backlog.congested
        await asyncio.sleep(2)
        assert (backlog.events, backlog.congested) == (0, False)

    run(scenario())


class Argument:
    """Something that an event holds."""


@pytest.mark.usefixtures("young_heap")
@pytest.mark.parametrize("concurrent", [False, True])
def test_nothing_of_an_event_is_kept_once_it_is_handled(*, concurrent: bool) -> None:
    async def scenario() -> None:
        queue = EventQueue(Backlog(max_events=2, max_bytes=10_000), TaskSet())
        queue.open()
        arguments: weakref.WeakSet[Argument] = weakref.WeakSet()
        kept: list[weakref.ref[asyncio.Task[None]]] = []

        def put() -> None:
            argument = Argument()
            arguments.add(argument)

            async def handle() -> None:
                await asyncio.sleep(1)
                task = asyncio.current_task()
                assert argument in arguments
                assert task is not None
                kept.append(weakref.ref(task))

            (queue.put_concurrent if concurrent else queue.put)(handle, 1)

        put()
        await asyncio.sleep(3)
        gc.collect()
        assert (len(arguments), [task() for task in kept]) == (0, [None])

    run(scenario())
