"""However a socket's end falls together with its events, its queue's task ends, and nothing counts
as waiting any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Final

import pytest
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.incoming import handle_events
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.tasks import TaskSet
from ackord.runtime.testing import run

TIMEOUT: Final = 10.0
"""Seconds after which a stuck handler is waited for no longer."""


class Life:
    """The queue of one socket, as a server's socket uses it."""

    def __init__(self) -> None:
        self.tasks = TaskSet()
        self.backlog = Backlog(max_events=100, max_bytes=100)
        self.queue = EventQueue(self.backlog, self.tasks, handle_events, keeps_task=True)
        self.may_go_on = asyncio.Event()
        self.ended = False
        self.last_calls = 0

    # Events

    def quick(self) -> None:
        """Handle an event that waits for nothing."""
        self._handle(self._return)

    def slow(self) -> None:
        """Handle an event that waits."""
        self._handle(self._wait)

    def plain(self) -> None:
        """Handle an event by a plain call."""
        self._call(int)

    def plain_with_a_rest(self) -> None:
        """Handle an event by a plain call which turns out to need a task."""
        self._call(partial(self.queue.put_first, self._wait))

    def leave(self) -> None:
        """Handle an event that ends the socket."""
        self._handle(self._end_here)

    def leave_plainly(self) -> None:
        """End the socket in a plain call."""
        self._call(self.end_here)

    def vanish(self) -> None:
        """Handle an event during which the connection is lost."""
        self._handle(self._end)

    def fail(self) -> None:
        """Handle an event that ends its own task."""
        self._handle(self._cancel_itself)

    # What else happens

    def open(self) -> None:
        """Begin to handle events, a turn after the socket was let in."""
        if not self.queue.is_open:
            self.queue.open()

    def end(self) -> None:
        """Lose the connection."""
        if not self.ended:
            self.ended = True
            self.queue.finish(self._last_call, TIMEOUT)

    def end_and_cancel(self) -> None:
        """Lose the connection of a server that cancels its handlers then."""
        if not self.ended:
            self.queue.cancel()
            self.end()

    def end_here(self) -> None:
        """Disconnect the socket from this side."""
        if not self.ended:
            self.ended = True
            self.queue.clear()
            self.queue.close()
            self._last_call()

    def drop(self) -> None:
        """Drop what waits: all clients together hold too much."""
        self.queue.clear()

    def go_on(self) -> None:
        """Give those which wait what they wait for."""
        self.may_go_on.set()

    # As `ackord.runtime.server.socket.Socket` does it

    def _handle(self, job: Callable[[], object]) -> None:
        if self.ended:  # the connection has forgotten the socket
            return
        if self.queue.can_step:
            self.queue.step(job, 1)
        else:
            self.queue.put(job, 1)

    def _call(self, function: Callable[[], object]) -> None:
        if self.ended or not self.queue.idle:
            return
        self.queue.enter()
        try:
            function()
        finally:
            self.queue.leave()

    async def _return(self) -> None:
        pass

    async def _wait(self) -> None:
        await self.may_go_on.wait()

    async def _end_here(self) -> None:
        self.end_here()

    async def _end(self) -> None:
        self.end()

    async def _cancel_itself(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    def _last_call(self) -> None:
        self.last_calls += 1


async def turn(_: Life) -> None:
    """Let the event loop have a turn."""
    await asyncio.sleep(0)


STEPS: Final = (
    Life.quick,
    Life.slow,
    Life.plain,
    Life.plain_with_a_rest,
    Life.leave,
    Life.leave_plainly,
    Life.vanish,
    Life.fail,
    Life.open,
    Life.end,
    Life.end_and_cancel,
    Life.end_here,
    Life.drop,
    Life.go_on,
    turn,
)
"""What may happen in any order."""

BEGINNINGS: Final = {
    "a socket that was just let in": (),
    "a socket that is open": (Life.open,),
    "a task that was started, but has not begun": (Life.open, Life.quick),
    "a task that waits for more": (Life.open, Life.quick, turn, turn),
    "a task that has been given the rest of an event": (
        Life.open,
        Life.quick,
        turn,
        turn,
        Life.slow,
    ),
    "a task in a handler that waits": (Life.open, Life.slow, turn, turn),
}


async def live(steps: tuple[Callable[[Life], object], ...], *, stuck: bool) -> str | None:
    """Let things happen, then the end if it hasn't come yet; say what is left."""
    life = Life()
    for step in steps:
        if step is turn:
            await asyncio.sleep(0)
        else:
            step(life)
    life.end()
    # the server calls that in the turn after it has let a socket in, whatever became of it
    life.open()
    if stuck and not life.may_go_on.is_set():
        await asyncio.sleep(TIMEOUT + 1)
        if life.last_calls != 1:
            return f"{life.last_calls} last calls although the time is over"
    life.go_on()
    for _ in range(8):
        await asyncio.sleep(0)
    left = (len(life.tasks), life.backlog.events, life.last_calls)
    return None if left == (0, 0, 1) else f"{left[0]} tasks, {left[1]} events, {left[2]} last calls"


@pytest.mark.parametrize("stuck", [False, True], ids=["handlers return", "handlers are stuck"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_order_of_events_and_ends_leaves_a_task(
    beginning: str, *, stuck: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)  # stuck handlers are warned of

    async def scenario() -> None:
        found: dict[str, str] = {}
        for steps in product(STEPS, repeat=3):
            left = await live((*BEGINNINGS[beginning], *steps), stuck=stuck)
            if left is not None:
                found[", ".join(step.__name__ for step in steps)] = left
        assert found == {}

    run(scenario(), limit=float("inf"))
