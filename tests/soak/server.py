"""The server under the soak: ``python -m tests.soak.server --port N``.

Each side numbers what it sends to the other and checks the numbers of the other; what doesn't fit
is counted and reported. For each byte on its standard input the process writes a line of JSON that
tells what is alive in it.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvloop
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.protocol.engineio.session import Session
from ackord.runtime.server import Server, Socket
from ackord.runtime.server.connection import Connection

from tests import hosts

TICK = 1.0
"""Seconds between two broadcasts to everybody."""

KINDS = (
    *(kind.__name__ for kind in (Socket, Connection, EngineSession, Session, EngineRequest)),
    "Task",
    "TimerHandle",
)
"""Names of the types whose objects must go with their client; uvloop has a type of its own for
timers.
"""


@dataclass(slots=True)
class Ledger:
    """What the server and one socket have said to each other."""

    up: int = 0
    down: int = 0
    acked: int = 0


class Soak:
    """The server, and what it found wrong."""

    def __init__(self, ping_interval: float, ping_timeout: float) -> None:
        self.server = Server(ping_interval=ping_interval, ping_timeout=ping_timeout)
        self.lag = 0.0
        self.problems: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.events = 0
        self.server.on("connection", self._connected)

    async def tick(self) -> None:
        """Tell everybody the time."""
        number = 0
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self.lag = max(self.lag, loop.time() - due)
            number += 1
            self.server.emit("tick", number)

    def _connected(self, socket: Socket) -> None:
        ledger = Ledger()
        socket.on("disconnect", self._count_end)
        socket.join("all", f"one of {len(self.server.main.sockets) % 10}")

        @socket.on("up")
        async def up(number: int, data: bytes | None = None) -> Any:
            self.events += 1
            if number != ledger.up + 1:
                self.problems[f"up: {number - ledger.up:+} instead of +1"] += 1
            ledger.up = number
            if number % 5 == 0:
                await asyncio.sleep(
                    0.01
                )  # a handler that takes its time: what comes after must wait
            ledger.down += 1
            values = [ledger.down] if data is None else [ledger.down, data]
            socket.emit("down", *values, ack=partial(self._acked, ledger, ledger.down))
            return (number, data) if data is not None else number

        @socket.on("flood")
        async def flood(count: int, size: int) -> None:
            for _ in range(count):
                if not socket.connected:
                    return
                socket.emit("water", "x" * size)
                await asyncio.sleep(0.001)

        @socket.on("sum")
        def sums() -> list[int]:
            return [ledger.up, ledger.down, ledger.acked]

    def _count_end(self, reason: str, description: str | None = None) -> None:
        self.ends[f"{reason} ({description})" if description else reason] += 1

    def _acked(self, ledger: Ledger, expected: int, number: int) -> None:
        if number != expected or number != ledger.acked + 1:
            self.problems["an ack of another event, or out of order"] += 1
        ledger.acked = number

    def report(self) -> dict[str, Any]:
        """Count what is alive, after a collection."""
        # Clients of long-polling that close may still have a request under way, which is refused
        # and logged. What is left out of the log is told by timers, a minute later, and no leak.
        self.server.environment.log.close()
        self.server.engine.log.close()
        gc.collect()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)  # what the allocator only keeps is no leak
        kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
        return {
            "sessions": self.server.engine.sessions,
            "connections": len(self.server.connections),
            "sockets": len(self.server.main.sockets),
            "rooms": len(self.server.main.adapter.rooms),  # type: ignore[attr-defined]
            "tasks": len(asyncio.all_tasks()),
            "working": sorted(
                getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks()
            ),
            "events": self.events,
            "lag": self.lag,
            "ends": dict(self.ends),
            "problems": dict(self.problems),
            "kinds": {name: kinds[name] for name in KINDS},
            "objects": sum(kinds.values()),
        }


async def serve(
    port: int, hosting: hosts.Hosting, ping_interval: float, ping_timeout: float
) -> None:
    """Serve until terminated."""
    soak = Soak(ping_interval, ping_timeout)
    host = hosts.host(soak.server.asgi(), hosting, port=port, log_level="error")
    ticking = asyncio.create_task(soak.tick())

    def answer() -> None:
        for _ in os.read(0, 1):
            print(json.dumps(soak.report()), flush=True)

    asyncio.get_running_loop().add_reader(0, answer)
    try:
        await host.serve()
    finally:
        ticking.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ping-interval", type=float, default=25)
    parser.add_argument("--ping-timeout", type=float, default=20)
    hosts.add_option(parser)
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.hosting, options.ping_interval, options.ping_timeout))


if __name__ == "__main__":
    main()
