"""The replays from a cluster's history that one server reads at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

MAX_REPLAYS: Final = 16
"""Clients for whom events are read from the history at the same time; others wait."""


class Turns:
    """Lets so many clients read at the same time, in each event loop."""

    __slots__ = ("_loop", "_semaphore")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._semaphore = asyncio.Semaphore(MAX_REPLAYS)

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        """Wait for a turn, which lasts as long as the context."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._semaphore = loop, asyncio.Semaphore(MAX_REPLAYS)
        async with self._semaphore:
            yield
