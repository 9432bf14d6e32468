"""Many clients of a cluster are told numbers while Redis is restarted twice, the second time after
SIGKILL, and while a server is killed and started again.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.errors import AckordError

from tests.interop.conftest import ROOT
from tests.ports import await_port, free_port
from tests.redis import RedisServer

WRITERS: Final = 4
"""Clients that emit at the same time, each its own numbers."""
EVERYBODY: Final[dict[str, list[str]]] = {"rooms": ["everybody"], "except": []}


class Killable:
    """A server of the cluster on a port of its own, which can be killed and started again."""

    def __init__(self, kind: str, redis: str, said: Path) -> None:
        self._port = free_port()
        self._command = [
            *(sys.executable, "-m", "tests.interop.cluster.node", kind, redis, str(self._port))
        ]
        self._said = said
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    @property
    def said(self) -> str:
        """What it has logged."""
        return self._said.read_text(encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with self._said.open("ab") as output:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=output, stderr=output)
        await_port(self._port, self._process, self._said)

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Listener:
    """A client, its sessions, and the numbers of each writer that it was told."""

    def __init__(self, socket: ClientSocket) -> None:
        self.socket = socket
        self.sessions: list[tuple[str | None, bool]] = []
        self.numbers: dict[int, list[int]] = {writer: [] for writer in range(WRITERS)}
        socket.on("connect", self._begin)
        socket.on("told", self._hear)

    def _begin(self) -> None:
        self.sessions.append((self.socket.id, self.socket.recovered))

    def _hear(self, writer: int, number: int, *_offset: Any) -> None:
        self.numbers[writer].append(number)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    acked: dict[int, list[int]]
    """The numbers that were acknowledged, by writer."""
    listeners: list[Listener]
    """The clients of servers that lived on."""
    orphans: list[Listener]
    """The clients of the server that was killed."""

    def lost(self, listeners: list[Listener]) -> int:
        """Count the numbers that were acknowledged, and that clients weren't told."""
        return sum(
            len(set(numbers).difference(listener.numbers[writer]))
            for listener in listeners
            for writer, numbers in self.acked.items()
        )


async def disturb(
    redis: RedisServer, living: list[str], doomed: Killable, *, clients: int, numbers: int
) -> Outcome:
    """Connect the clients, emit the numbers, restart and kill, and wait until all clients hear the
    cluster again. The first two of `living` are servers of Ackord.
    """
    acked: dict[int, list[int]] = {writer: [] for writer in range(WRITERS)}
    turn = asyncio.Event()

    async def write(writer: int, socket: ClientSocket) -> None:
        for number in range(numbers):
            with suppress(AckordError):
                if await _emit(socket, writer, number):
                    acked[writer].append(number)
                else:  # not all numbers are to be used up while Redis is away
                    await asyncio.sleep(0.02)
            turn.set()

    async def restart(number: signal.Signals) -> None:
        await asyncio.to_thread(redis.stop, number)
        await asyncio.to_thread(redis.start)

    async def reach(number: int) -> None:
        while min(map(len, acked.values())) < number and not all(task.done() for task in writing):
            turn.clear()
            await turn.wait()

    async with AsyncExitStack() as stack:

        async def connect(url: str, name: str) -> Listener:
            manager = await stack.enter_async_context(Manager(url, reconnection_delay=0.1))
            listener = Listener(manager.socket("/", auth={"name": name}))
            await stack.enter_async_context(listener.socket)
            return listener

        homes = [*living, doomed.url]
        found = [
            await connect(homes[number % len(homes)], f"listener {number}")
            for number in range(clients)
        ]
        orphans = found[len(living) :: len(homes)]
        writers = [
            await connect(living[number % 2], f"writer {number}") for number in range(WRITERS)
        ]
        writing = [
            asyncio.ensure_future(write(number, listener.socket))
            for number, listener in enumerate(writers)
        ]
        await reach(numbers // 10)
        await restart(signal.SIGTERM)
        doomed.kill()
        await reach(numbers // 5)
        await restart(signal.SIGKILL)
        await asyncio.to_thread(doomed.start)
        await asyncio.gather(*writing)
        await _catch_up(writers[0].socket, found, numbers)
    return Outcome(acked, [each for each in found if each not in orphans], orphans)


async def _emit(socket: ClientSocket, writer: int, number: int) -> bool:
    answer = await socket.timeout(5).emit_with_ack("do", "emit", EVERYBODY, writer, number)
    return answer is None  # an exception of the server is answered with an error


async def _catch_up(socket: ClientSocket, listeners: list[Listener], number: int) -> None:
    """Emit numbers that nobody counts, until each client has heard one of them."""
    for extra in range(300):
        with suppress(AckordError):
            await _emit(socket, 0, number + extra)
        await asyncio.sleep(0.1)
        if all(max(listener.numbers[0], default=0) >= number for listener in listeners):
            return
    raise AssertionError("a client doesn't catch up")
