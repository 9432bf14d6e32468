"""The event queue of one socket: events are handled in the order of arrival, one at a time; sockets
don't wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final

from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.driving import IDLE, EventHandler, Job, Waiting, go_on, handle_jobs
from ackord.runtime.tasks import TaskSet

# asyncio documents these for those who implement tasks of their own ("Extending", "Task lifetime
# support").
_enter_task: Final = asyncio._enter_task
_leave_task: Final = asyncio._leave_task


class EventQueue:
    """The waiting events of one socket, and the task that handles them.

    Each event has a context of its own: a copy of the one in which it arrived. An event that meets
    an idle queue needs no turn of the event loop: a plain call stands between `enter` and `leave`,
    and with `keeps_task` the handler runs in the task, which is kept for that, until it waits for
    something. Events before `open` wait, because the listeners of ``connection`` are called first.
    Events that wait when the peer goes are still handled; `finish` sets the function to call after
    them.
    """

    __slots__ = (
        "_begun",
        "_concurrent",
        "_handler",
        "_is_inside_task",
        "_jobs",
        "_keeps_task",
        "_loop",
        "_make_handler",
        "_open",
        "_owner",
        "_parked",
        "_suspended",
        "_task",
        "_tasks",
        "_when_finished",
        "backlog",
        "can_step",
        "idle",
    )

    def __init__(
        self,
        backlog: Backlog,
        tasks: TaskSet,
        make_handler: Callable[[], EventHandler] = handle_jobs,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        keeps_task: bool = False,
    ) -> None:
        """Take the function that makes the generator for the events, and the loop, by default the
        running one.
        """
        self.backlog = backlog
        self._tasks = tasks
        self._make_handler = make_handler
        self._keeps_task = keeps_task
        self._loop = loop or asyncio.get_running_loop()
        self._jobs: deque[tuple[Any, int, Context]] | None = None
        self._suspended: tuple[Waiting, Context, int] | None = (
            None  # an event that was begun at once, for the task to go on with
        )
        self._task: asyncio.Task[None] | None = None
        self._parked: asyncio.Future[None] | None = (
            None  # the future that the task waits for while there is nothing to handle
        )
        # Both are set whenever an event can be handled at once.
        self._owner: asyncio.Task[None]
        self._handler: EventHandler
        self._concurrent: set[asyncio.Task[None]] | None = None
        self._when_finished: tuple[Callable[[], None], asyncio.TimerHandle] | None = None
        self._open = False
        self._begun = False
        self._is_inside_task = (
            False  # whether events arrived in the course of some task, when last seen
        )
        self.idle = False
        """Whether an event could be handled at once, by a plain call, without overtaking another.
        """
        self.can_step = False
        """Whether an event could be handled at once in the task: the queue is idle, and has a
        task.
        """

    @property
    def is_open(self) -> bool:
        """Whether events are handled already."""
        return self._open

    # Events that wait for their turn

    def put(self, event: Any, size: int) -> None:
        """Queue an event."""
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.append((event, size, copy_context()))
        self._start()
        self.backlog.add(size)  # which may `clear` the queue

    def put_first(self, event: Any) -> None:
        """Queue the rest of an event before all other events."""
        self.backlog.add(0)
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.appendleft((event, 0, copy_context()))
        self._start()

    def put_concurrent(self, job: Job, size: int) -> None:
        """Handle an event now, out of order; it counts as waiting until it is done."""
        self.backlog.add(size)
        if self._concurrent is None:
            self._concurrent = set()
        task = self._tasks.start(job())
        self._concurrent.add(task)
        task.add_done_callback(partial(self._end_alone, size))

    # Events that are handled at once

    def enter(self) -> None:
        """Note that an event is being handled by a plain call; the queue must be `idle`."""
        self.idle = self.can_step = False

    def leave(self) -> None:
        """Note that the event was handled; go on with the events that arrived meanwhile."""
        self.idle = True
        if self._jobs is not None:
            self._start()
        elif self._when_finished is not None:
            self._call_when_finished()
        else:
            # Done if the handler has cancelled its own task, or ended the socket.
            self.can_step = self._parked is not None and not self._parked.done()

    def step(self, event: Any, size: int) -> None:
        """Handle an event until its handler waits for something; `can_step` must be true.

        The queue's task is the current one meanwhile, and goes on with the rest, which counts as
        waiting until then. So `asyncio.timeout` and task groups find the right current task.
        """
        self.idle = self.can_step = False
        context = copy_context()
        loop, task = self._loop, self._owner
        outer: asyncio.Task[Any] | None = None
        if self._is_inside_task:
            outer = self._take_turn()
        else:
            try:
                _enter_task(loop, task)
            except RuntimeError:
                self._is_inside_task = True
                outer = self._take_turn()
        try:
            try:
                waiting = context.run(self._handler.send, event)
            finally:
                _leave_task(loop, task)
                if outer is not None:
                    _enter_task(loop, outer)
        except BaseException as error:
            task.cancel()  # for a generator that has raised takes no more events
            self.leave()
            if isinstance(error, asyncio.CancelledError):
                return
            raise
        if waiting is IDLE:
            self.leave()
        else:
            self._suspended = (waiting, context, size)
            self._wake()
            self.backlog.add(size)

    def _take_turn(self) -> asyncio.Task[Any] | None:
        """Make the queue's task the current one; return the task that was current before."""
        outer = asyncio.current_task(self._loop)
        if outer is not None:
            _leave_task(self._loop, outer)
        _enter_task(self._loop, self._owner)
        return outer

    # The beginning and the end

    def open(self) -> None:
        """Begin to handle events."""
        self._open = self.idle = True
        if self._jobs is None:
            self._call_when_finished()  # the peer has gone, and waiting events were dropped
        else:
            self._start()

    def close(self) -> None:
        """Keep no task any more for events to come."""
        self._keeps_task = False
        self._wake()

    def finish(self, when_finished: Callable[[], None], timeout: float) -> None:
        """Call `when_finished` after the event that is being handled and all waiting ones.

        After `timeout` seconds it is called all the same, and events that wait are dropped, so that
        a stuck handler doesn't delay it for ever.
        """
        self.close()
        if self._jobs is None and (self.idle or not self._open):
            when_finished()
            return
        timer = self._loop.call_later(timeout, self._give_up, timeout)
        self._when_finished = (when_finished, timer)
        self.backlog.add_rest(self)

    def clear(self) -> None:
        """Drop the waiting events; the event that is being handled goes on."""
        jobs, self._jobs = self._jobs, None
        for _, size, _ in jobs or ():
            self.backlog.remove(size)

    def cancel(self) -> None:
        """Drop the waiting events, and cancel the handlers that run, except the one that calls
        this.
        """
        self.clear()
        current = asyncio.current_task()
        # A task that is cancelled before it begins would never say that it ended; without jobs it
        # ends at once.
        running = self._task if self._begun and not self.idle else None
        for task in (running, *(self._concurrent or ())):
            if task is not None and task is not current:
                task.cancel()

    def _give_up(self, timeout: float) -> None:
        dropped = len(self._jobs or ())
        self._tasks.log.write_warning(
            "stuck handler",
            None,
            (
                f"A handler still runs {timeout:g} s after its peer has gone: {dropped} events "
                "that waited for it are dropped (option ending_timeout)"
            ),
        )
        self.clear()
        self._call_when_finished()

    def _call_when_finished(self) -> None:
        if self._when_finished is not None:
            (when_finished, timer), self._when_finished = self._when_finished, None
            timer.cancel()
            self.backlog.remove_rest(self)
            when_finished()

    # The task

    def _start(self) -> None:
        """Make the task handle the waiting events, unless it does already."""
        if not self.idle or self._jobs is None:
            return
        self.idle = self.can_step = False
        if self._task is None:
            self._begun = False
            self._task = self._owner = self._tasks.start(self._run())
        else:
            self._wake()

    def _wake(self) -> None:
        self.can_step = False
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)

    async def _run(self) -> None:
        task = self._task
        self._handler = self._make_handler()
        next(self._handler)
        self._begun = True
        done = False
        try:
            while task is not None and await self._handle_all(task):
                if not await self._park(task):
                    break
            done = True
        finally:
            self._task = None
            del self._owner, self._handler
            self._end_task(done)

    async def _handle_all(self, task: asyncio.Task[None]) -> bool:
        """Handle the waiting events; return false if the task must end."""
        handler = self._handler
        if self._suspended is not None:
            (waiting, context, size), self._suspended = self._suspended, None
            try:
                await go_on(handler, context, waiting)
            finally:
                self.backlog.remove(size)
        while not task.cancelling():
            if not self._jobs:
                return True
            event, size, context = self._jobs.popleft()
            try:
                waiting = context.run(handler.send, event)
                del event
                if waiting is not IDLE:
                    await go_on(handler, context, waiting)
            finally:
                self.backlog.remove(size)
        return False

    async def _park(self, task: asyncio.Task[None]) -> bool:
        """Wait for more to handle; return false if the task is needed no longer."""
        self._jobs = None
        self.idle = True
        self._call_when_finished()
        if not self.idle:  # the function has put something
            return True
        if not self._keeps_task:
            return False
        self._parked = self._loop.create_future()
        self.can_step = True
        try:
            await self._parked
        except asyncio.CancelledError as cancellation:
            if self._suspended is None:
                raise
            # The cancellation is for the handler whose rest this task has just got, and reaches it
            # where it waits.
            task.uncancel()
            task.cancel(*cancellation.args)
        finally:
            self._parked = None
            self.can_step = False
        return not self.idle

    def _end_task(self, done: bool) -> None:
        """Go on without the task that has ended."""
        self.idle = True
        if self._suspended is not None:
            self.backlog.remove(self._suspended[-1])
            self._suspended = None
        if self._when_finished is not None and not (done and self._jobs):
            # Perhaps the task was cancelled: for a peer that has gone, nothing is started any more.
            self.clear()
            self._call_when_finished()
        elif self._jobs:
            self._start()
        else:
            self._jobs = None

    def _end_alone(self, size: int, task: asyncio.Task[None]) -> None:
        # Here rather than in the task, which may be cancelled before it begins.
        if self._concurrent is not None:
            self._concurrent.discard(task)
        self.backlog.remove(size)
