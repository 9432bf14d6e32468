"""A wait for the ASGI server that can be interrupted."""

from __future__ import annotations

import asyncio

from ackord.runtime.asgi_types import Message, Receive


class Interruption:
    """Interrupts a task that waits: it cancels the task and takes the cancellation back, as
    `asyncio.timeout` does.

    ASGI reports that a client has gone only to a task that awaits `receive`, and a second task for
    that would cost more than a whole request.
    """

    __slots__ = ("_cancelling", "_is_waiting", "_receive", "_task", "happened")

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        """Interrupt the current task of `loop`, which must be running."""
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("an ASGI application must run in a task")
        self._receive = receive
        self._task = task
        self._cancelling = task.cancelling()
        self._is_waiting = False
        self.happened = False
        """Whether `interrupt` was called."""

    def interrupt(self) -> None:
        """End the present wait, and any later one."""
        if not self.happened:
            self.happened = True
            if self._is_waiting:
                self._task.cancel()

    async def wait(self) -> Message | None:
        """Return the next message of the ASGI server, or `None` if interrupted."""
        if self.happened:
            return None
        self._is_waiting = True
        try:
            return await self._receive()
        except asyncio.CancelledError:
            # The task may have been cancelled from outside as well.
            if not self.happened or self._task.cancelling() - 1 > self._cancelling:
                raise
            return None
        finally:
            self._is_waiting = False
            if self.happened:
                self._task.uncancel()
