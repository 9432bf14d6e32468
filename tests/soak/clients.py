"""A day in the life of clients: ``python -m tests.soak.clients`` lets 200 of them call a server that
crashes ten times.

Each call must be answered once, and nothing may be left of the connections that were lost.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from collections import Counter
from typing import Any, Final

from ackord.runtime.client import ClientSocket, Manager

from tests.bench.memory import resident
from tests.interop.peers import Peer
from tests.soak.lives import is_cancelled

OURS: Final = ("ackord.", "asyncio.", "_asyncio", "websockets.", "httpx")
"""Modules whose objects are counted."""
NOISE: Final = 6.0
"""Megabytes that a process has more or less for reasons of its own."""

UNDER_WAY: Final = 3
"""Objects of a kind that there may be more: requests are under way. What each lost connection
leaves behind is more than that.
"""

PATIENCE: Final = 60.0
"""Seconds that a busy machine may take for a connection, a heartbeat or an answer: how fast they
are isn't what a day shows.
"""


class Day:
    """Clients of one server, and the answers that they got."""

    def __init__(self, peer: Peer, clients: int, **options: Any) -> None:
        self._peer = peer
        self._managers = [
            Manager(
                peer.url,
                retries=1000,
                ack_timeout=PATIENCE,
                timeout=PATIENCE,
                reconnection_delay=0.1,
                reconnection_delay_max=0.5,
                **options,
            )
            for _ in range(clients)
        ]
        self._sockets = [manager.socket() for manager in self._managers]
        self._called = 0
        self._answers: Counter[int] = Counter()
        self._wrong: Counter[str] = Counter()
        self._progress = asyncio.Event()
        self.reconnects = 0

    async def live(self, crashes: int, calls: int) -> list[str]:
        """Let each client call so often before, and so often while, the server crashes; return what
        isn't as it must be.
        """
        problems: list[str] = []
        for manager in self._managers:
            manager.on("reconnect", self._reconnected)
        await asyncio.gather(*(socket.connect() for socket in self._sockets))
        begin: Counter[str] = Counter()
        memory = 0.0
        for crash in range(crashes):
            for socket in self._sockets:
                for _ in range(calls):
                    self._call(socket)
            await self._answered(self._called - len(self._sockets) * calls // 2)
            await asyncio.to_thread(self._peer.restart)
            await self._answered(self._called)
            await self._came_back((crash + 1) * len(self._sockets))
            if crash == 0:
                begin = _count_objects()
                memory = resident(os.getpid()) / 1e6
            problems += await _settle(begin)
            megabytes = resident(os.getpid()) / 1e6
            print(f"crash {crash + 1}: {self._called} calls, {megabytes:.1f} MB", flush=True)
            if megabytes > memory + NOISE:
                problems.append(f"{megabytes:.1f} MB, {memory:.1f} after the first crash")
        await asyncio.gather(*(manager.close() for manager in self._managers))
        wrong = [number for number in range(self._called) if self._answers[number] != 1]
        if wrong:
            problems.append(f"{len(wrong)} calls were not answered once")
        return problems + [f"{count} times {text}" for text, count in self._wrong.items()]

    def _reconnected(self, _: int) -> None:
        self.reconnects += 1
        self._progress.set()

    def _call(self, socket: ClientSocket) -> None:
        number = self._called
        self._called += 1

        def answered(error: Exception | None, answer: Any = None) -> None:
            self._answers[number] += 1
            if error is not None or answer != number:
                self._wrong[repr(error)] += 1
            self._progress.set()

        socket.emit("echo", number, ack=answered)

    async def _answered(self, count: int) -> None:
        while len(self._answers) < count:
            self._progress.clear()
            await self._progress.wait()

    async def _came_back(self, count: int) -> None:
        # A client that has all its answers may notice the crash late.
        while self.reconnects < count:
            self._progress.clear()
            await self._progress.wait()


def _count_objects() -> Counter[str]:
    """Count the objects of this program that are alive, after a collection."""
    gc.collect()
    return Counter(
        f"{type(thing).__module__}.{type(thing).__qualname__}"
        for thing in gc.get_objects()
        if str(type(thing).__module__).startswith(OURS) and not is_cancelled(thing)
    )


async def _settle(begin: Counter[str]) -> list[str]:
    """Wait, two seconds at most, until there are no more objects than at the beginning; return what
    is too much.
    """
    much: dict[str, int] = {}
    for _ in range(20):
        much = {
            kind: count for kind, count in (_count_objects() - begin).items() if count > UNDER_WAY
        }
        if not much:
            return []
        await asyncio.sleep(0.1)
    return [f"{count} {kind} more" for kind, count in much.items()]


async def live(clients: int, crashes: int, calls: int, **options: Any) -> list[str]:
    """Let a day pass; return what isn't as it must be."""
    with Peer("ackord", "--patient") as peer:
        problems = await Day(peer, clients, **options).live(crashes, calls)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    return [*problems, *(f"a task is left: {task}" for task in left)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--crashes", type=int, default=10)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--transport", choices=("polling", "websocket"), help="this one only")
    options = parser.parse_args()
    limits = {"transports": [options.transport]} if options.transport else {}
    began = time.monotonic()
    problems = asyncio.run(live(options.clients, options.crashes, options.calls, **limits))
    outcome = problems or "each call was answered once, nothing is left"
    print(f"{options.clients} clients, {time.monotonic() - began:.0f} s: {outcome}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
