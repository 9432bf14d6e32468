"""The server on an event loop that is turned by hand, so that everything happens while it is
measured and nothing else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from ackord.runtime.hosting import configure
from ackord.runtime.server import Server
from ackord.runtime.testing.clock import VirtualClockLoop
from uvicorn.server import ServerState

T = TypeVar("T")

TURNS: Final = 8
"""Turns of the event loop that a step has; the last of them find nothing to do."""


class Stage:
    """A server, its hosts and its loop; time stands still."""

    def __init__(self, server: Server, loop: VirtualClockLoop) -> None:
        self.loop = loop
        self.server = server
        self.app = server.asgi()
        self.config = configure(self.app, log_config=None).config
        self.config.load()
        self.state = ServerState()
        self._errors: list[Any] = []
        loop.set_exception_handler(self._note)

    def _note(self, _: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        self._errors.append(context)

    def run(self, step: Callable[[], object]) -> None:
        """Run one step in the event loop, and what it has left to the loop."""
        self.loop.call_soon(step)
        for _ in range(TURNS):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        assert not self._errors, self._errors

    def wait(self, awaitable: Awaitable[T]) -> T:
        """Wait for what ends a stage."""

        async def main() -> T:
            return await awaitable

        return self.loop.run_until_complete(main())


@contextmanager
def staged(server: Server) -> Generator[Stage]:
    """Run a server, and end it."""
    loop = VirtualClockLoop(limit=float("inf"))
    stage = Stage(server, loop)
    try:
        yield stage
    finally:
        stage.wait(server.close())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        stage.wait(asyncio.sleep(0))
        loop.close()
