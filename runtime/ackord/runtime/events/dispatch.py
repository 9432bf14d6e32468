"""Events of one socket are handled in the order of arrival, one at a time; other sockets' meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from typing import Any, TypeAlias

from ackord.runtime.events.backlog import Backlog
from ackord.runtime.events.containment import has_changed
from ackord.runtime.events.tasks import TaskSet

_log = logging.getLogger(__name__)

Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Handles one event."""


class EventQueue:
    """The events of one socket that wait, and the task that handles them; the task lives only while there are some.

    Each event has a context of its own: once a handler has left something in the task's, a new task handles the next event.
    An event whose handlers are plain functions needs no task at all if nothing waits before it: `idle` tells, `enter` and `leave` frame the call.
    What arrives before `open` waits: the listeners of ``connection`` come first.
    What waits when the peer goes is still handled, and `finish` says what comes after it.
    """

    __slots__ = ("_backlog", "_begun", "_busy", "_concurrent", "_farewell", "_jobs", "_open", "_task", "_tasks")

    def __init__(self, backlog: Backlog, tasks: TaskSet) -> None:
        self._backlog = backlog
        self._tasks = tasks
        self._jobs: deque[tuple[Job, int]] | None = None
        self._task: asyncio.Task[None] | None = None
        self._concurrent: set[asyncio.Task[None]] | None = None
        self._farewell: tuple[Callable[[], None], asyncio.TimerHandle] | None = None
        self._open = False
        self._busy = False
        self._begun = False

    @property
    def is_open(self) -> bool:
        """Whether events are handled already."""
        return self._open

    @property
    def idle(self) -> bool:
        """Whether an event could be handled at once without overtaking another."""
        return self._jobs is None and self._task is None and self._open and not self._busy

    def put(self, job: Job, size: int) -> None:
        """Handle an event after those which came before."""
        self._backlog.add(size)
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.append((job, size))
        self._start()

    def put_concurrent(self, job: Job, size: int) -> None:
        """Handle an event now, whatever came before; it counts as waiting until it is done."""
        self._backlog.add(size)
        if self._concurrent is None:
            self._concurrent = set()
        task = self._tasks.start(job())
        self._concurrent.add(task)
        task.add_done_callback(partial(self._end_alone, size))

    def put_first(self, job: Job) -> None:
        """Handle the rest of an event before those which came after it."""
        self._backlog.add(0)
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.appendleft((job, 0))
        self._start()

    def enter(self) -> None:
        """Note that an event is being handled without a task."""
        self._busy = True

    def leave(self) -> None:
        """Note that it was; go on with what arrived meanwhile."""
        self._busy = False
        self._start()

    def open(self) -> None:
        """Begin to handle events."""
        self._open = True
        self._start()

    def finish(self, farewell: Callable[[], None], timeout: float) -> None:
        """Call `farewell` after what is being handled and what waits; after `timeout` seconds it is called all the same, and what waits is dropped.

        Thus nobody waits for ever for a handler that is stuck.
        """
        if self._jobs is None and self._task is None:
            farewell()
            return
        timer = asyncio.get_running_loop().call_later(timeout, self._give_up, timeout)
        self._farewell = (farewell, timer)

    def clear(self) -> None:
        """Drop what waits; what is being handled goes on."""
        jobs, self._jobs = self._jobs, None
        for _, size in jobs or ():
            self._backlog.remove(size)

    def cancel(self) -> None:
        """Drop what waits and cancel what is being handled, but not the handler that asks for it."""
        self.clear()
        current = asyncio.current_task()
        # A task that is cancelled before it begins would never say that it ended; without jobs it ends at once.
        running = self._task if self._begun else None
        for task in (running, *(self._concurrent or ())):
            if task is not None and task is not current:
                task.cancel()

    def _give_up(self, timeout: float) -> None:
        _log.warning(
            "a handler still runs %g s after its peer has gone: %d events that waited for it are dropped", timeout, len(self._jobs or ())
        )
        self.clear()
        self._say_farewell()

    def _say_farewell(self) -> None:
        if self._farewell is not None:
            (farewell, timer), self._farewell = self._farewell, None
            timer.cancel()
            farewell()

    def _start(self, context: Context | None = None) -> None:
        if self._task is None and self._jobs is not None and self._open and not self._busy:
            self._task = self._tasks.start(self._run(), context)

    async def _run(self) -> None:
        context, task = copy_context(), self._task
        self._begun = True
        done = False
        try:
            while self._jobs:
                job, size = self._jobs.popleft()
                try:
                    await job()
                finally:
                    self._backlog.remove(size)
                if self._jobs and (has_changed(context) or task is None or task.cancelling()):
                    break  # the next event is to see nothing of this one, so another task handles it
            done = True
        finally:
            self._task = None
            self._begun = False
            context.run(self._go_on, context, done)

    def _go_on(self, context: Context, done: bool) -> None:
        if self._farewell is not None and not (done and self._jobs):
            # Cancelled, perhaps: nothing is begun any more for a peer that has gone.
            self.clear()
            self._say_farewell()
        elif self._jobs:
            self._start(context)
        else:
            self._jobs = None

    def _end_alone(self, size: int, task: asyncio.Task[None]) -> None:
        # Here rather than in the task, which may be cancelled before it begins.
        if self._concurrent is not None:
            self._concurrent.discard(task)
        self._backlog.remove(size)
