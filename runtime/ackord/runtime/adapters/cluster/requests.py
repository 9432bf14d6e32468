"""Questions to all other servers of a cluster, and their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress

from ackord.runtime.adapters.cluster.messages import Fetched, ServerAnswer


class Request:
    """One question: each other server answers once, or leaves."""

    __slots__ = ("_changed", "_left", "_servers", "_told", "answers", "id")

    def __init__(self, request_id: str) -> None:
        self.id = request_id
        self.answers: list[Fetched | ServerAnswer] = []
        """Those that came."""
        self._told: set[str] = set()
        self._left = 0
        self._servers: int | None = None
        self._changed = asyncio.Event()

    def await_servers(self, count: int) -> None:
        """Wait for so many servers, those that have answered included."""
        self._servers = count

    def receive(self, server: str, answer: Fetched | ServerAnswer) -> None:
        """Take an answer; `server` is empty where answers don't name their servers."""
        if self._is_over or (server and server in self._told):
            return
        self._told.add(server)
        self.answers.append(answer)
        self._changed.set()

    def drop(self, server: str) -> None:
        """Wait no longer for a server that has left."""
        if self._servers is not None and server not in self._told:
            self._left += 1
            self._changed.set()

    def close(self) -> None:
        """Wait for nobody any longer."""
        self._servers = 0
        self._changed.set()

    @property
    def _is_over(self) -> bool:
        return self._servers is not None and len(self.answers) + self._left >= self._servers

    @property
    def missing(self) -> int:
        """How many servers haven't answered."""
        return max((self._servers or 0) - len(self.answers) - self._left, 0)

    @property
    def problem(self) -> str:
        """How many servers haven't answered, in words."""
        return f"{self.missing} of {self._servers or 0} servers didn't answer"

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109  # bounds one wait for several servers
        """Wait until all servers have answered or left, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self._is_over:
                    self._changed.clear()
                    await self._changed.wait()


class Requests:
    """The questions of one namespace that wait for answers."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[str, Request] = {}

    @contextmanager
    def begin(self, request_id: str) -> Generator[Request]:
        """Take the answers to a question, while the context lasts."""
        request = self._waiting[request_id] = Request(request_id)
        try:
            yield request
        finally:
            self._waiting.pop(request_id, None)

    def receive(self, server: str, answer: Fetched | ServerAnswer) -> None:
        """Take an answer of a server; one that nobody waits for is ignored."""
        request = self._waiting.get(answer.request_id)
        if request is not None:
            request.receive(server, answer)

    def drop(self, server: str) -> None:
        """Wait no longer for a server that has left."""
        for request in self._waiting.values():
            request.drop(server)

    def close(self) -> None:
        """Wait for nobody any longer."""
        for request in self._waiting.values():
            request.close()
        self._waiting.clear()
