"""Many short lives with connection state recovery, and what is left of them: ``python -m
tests.soak.lives --lives 100000``.

Each client joins, perhaps as who it was before, and goes in one of several ways. The end of each
must be told once.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from typing import Final

import uvloop
from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server, Socket
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.recovery import Recovery

from tests import hosts
from tests.hosts import Hosting
from tests.soak.wire import HOST, GoneError, WebSocket

LOOPS: Final[dict[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
}
DURATIONS: Final = (0.2, 0.0003)
"""Seconds that clients may be away: long enough to come back, and so short that uvloop makes no
timer of it.
"""
CLIENTS: Final = 6
"""How many of a server live at a time."""
KINDS: Final = (
    "Socket",
    "Connection",
    "EngineSession",
    "Session",
    "RecoverySession",
    "Task",
    "TimerHandle",
)
"""Names of the types whose objects must go with their clients; uvloop has a type of its own for
timers.
"""


class Lives:
    """A server, and the clients that come to it."""

    def __init__(self, seed: int, duration: float) -> None:
        """Let clients be away for `duration` seconds."""
        self.duration = duration
        recovery = ConnectionStateRecovery(max_disconnection_duration=duration)
        self.server = Server(
            connection_state_recovery=recovery, ping_interval=0.5, ping_timeout=0.5
        )
        self._dice = random.Random(seed)  # noqa: S311 - a load, no secret
        self._known: list[str] = []
        self.began = 0
        self.recovered = 0
        self.told: Counter[int] = Counter()
        self.server.on("connection", self._connected)

    def _connected(self, socket: Socket) -> None:
        life = self.began = self.began + 1
        self.recovered += socket.recovered
        socket.join("room", f"room {life % 10}")

        def tell(_: str) -> None:
            self.told.update((life,))

        socket.on("disconnect", tell)
        socket.on("leave me", socket.disconnect)
        socket.on("close me", lambda: socket.disconnect(close=True))

    async def live(self, port: int) -> None:
        """Let one client come and go."""
        dice = self._dice
        pid = self._known.pop() if self._known and dice.random() < 0.5 else None
        client = await WebSocket.open(port, "/socket.io/?EIO=4&transport=websocket")
        try:
            client.send("40" + json.dumps({"pid": pid} if pid else {}))
            while not (answer := str(await client.receive())).startswith("40"):
                pass
            self.server.to("room").emit("news", self.began)
            end = dice.choice(["cut", "cut", "cut", "41", '42["leave me"]', '42["close me"]'])
            if end == "cut":
                self._known = [*self._known[-CLIENTS:], json.loads(answer[2:])["pid"]]
            else:
                client.send(end)
                while (await client.receive()) != "41" and end != "41":
                    pass
        except GoneError:
            if pid is None:  # else another client has come back as the same
                raise
        finally:
            client.abort()

    async def happen(self, port: int, lives: int) -> None:
        """Let so many clients come and go, some at a time."""
        turns = iter(range(lives))

        async def one_after_the_other() -> None:
            for _ in turns:
                await self.live(port)

        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(one_after_the_other())

    def left(self) -> dict[str, int]:
        """Count what the server holds."""
        adapter, recovery = self.server.main.adapter, core_of(self.server.main).recovery
        assert isinstance(adapter, MemoryAdapter)
        assert isinstance(recovery, Recovery)
        return {
            "sessions": self.server.engine.sessions,
            "connections": len(self.server.connections),
            "sockets": len(self.server.main.sockets),
            "rooms": len(adapter.rooms) + len(adapter.sids),
            "tasks of the server": len(self.server.environment.tasks),
            "absent clients": len(recovery.log.sessions),
            "events": recovery.log.kept,
        }

    def judge(self, lives: int) -> list[str]:
        """Return what isn't as it must be, but for what is left."""
        problems: list[str] = []
        untold = sum(self.told[life] != 1 for life in range(1, self.began + 1))
        if untold:
            problems.append(f"the ends of {untold} lives were not told once")
        is_long = self.duration == DURATIONS[0]
        if self.began < lives or (is_long and not lives / 10 < self.recovered < lives):
            problems.append(f"{self.began} lives, {self.recovered} of them recovered")
        return problems


def count_objects() -> Counter[str]:
    """Count the objects that are alive in this process, after a collection."""
    gc.collect()
    kinds = Counter(type(thing).__name__ for thing in gc.get_objects() if not is_cancelled(thing))
    return Counter({name: kinds[name] for name in KINDS})


def is_cancelled(thing: object) -> bool:
    """Tell whether this is a timer that asyncio keeps for a while although it was cancelled."""
    return isinstance(thing, asyncio.TimerHandle) and thing.cancelled()


async def settle(loads: Mapping[str, Lives], start: Counter[str] | None = None) -> list[str]:
    """Wait, ten seconds at most, until the servers hold nothing, and until there are no more
    objects than at the start, if there was one; return what is too much.
    """
    much: list[str] = []
    for _ in range(100):
        much = [
            f"{count} {what} of {name} are left"
            for name, load in loads.items()
            for what, count in load.left().items()
            if count
        ]
        if start is not None and not much:
            much = [
                f"{count} {kind} more than at the start are left"
                for kind, count in (count_objects() - start).items()
            ]
        if not much:
            break
        await asyncio.sleep(0.1)
    return much


@asynccontextmanager
async def serving(load: Lives, hosting: Hosting) -> AsyncGenerator[int]:
    """Serve on a port, which is what the context is."""
    host = hosts.host(load.server.asgi(), hosting, port=0, host=HOST, log_level="error")
    task = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110 - uvicorn doesn't tell
        await asyncio.sleep(0.01)
    try:
        yield host.servers[0].sockets[0].getsockname()[1]
    finally:
        host.should_exit = True
        await task


async def soak(lives: int, seed: int) -> list[str]:
    """Let so many clients come and go at servers of each way of hosting and duration, side by side;
    return what isn't as it must be.
    """
    loads: dict[str, Lives] = {}
    ports: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        for hosting, duration in product((Hosting.DIRECT, Hosting.ASGI), DURATIONS):
            name = f"the {hosting} server whose clients may be away for {duration} s"
            load = loads[name] = Lives(seed, duration)
            ports[name] = await stack.enter_async_context(serving(load, hosting))

        async def happen(count: int) -> None:
            async with asyncio.TaskGroup() as group:
                for name, load in loads.items():
                    group.create_task(load.happen(ports[name], count))

        await happen(2 * CLIENTS)  # some objects are made once and for all
        problems = await settle(loads)
        start = count_objects()
        await happen(lives // len(loads))
        problems += await settle(loads, start)
    for name, load in loads.items():
        problems += [f"{name}: {problem}" for problem in load.judge(lives // len(loads))]
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.lives", description=__doc__)
    parser.add_argument("--lives", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(
        logging.ERROR
    )  # it warns of what is written to clients that have gone
    failed = False
    lives = options.lives // len(LOOPS)
    for name, make_loop in LOOPS.items():
        began = time.monotonic()
        with asyncio.Runner(loop_factory=make_loop) as runner:
            problems = runner.run(soak(lives, options.seed))
        failed = failed or bool(problems)
        outcome = problems or "each end was told once, nothing is left"
        took = time.monotonic() - began
        print(f"{lives} lives, {name}, seed {options.seed}, {took:.0f} s: {outcome}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
