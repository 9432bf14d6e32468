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
from collections.abc import Callable
from itertools import product
from typing import Final

import uvloop
from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server, Socket

from tests import lanes
from tests.lanes import Lane
from tests.soak.wire import HOST, GoneError, WebSocket

LOOPS: Final[dict[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
}
DURATIONS: Final = (0.2, 0.0003)
"""Seconds that clients may be away: long enough to come back, and so short that uvloop makes no
timer of it.
"""
CLIENTS: Final = 20
"""How many live at a time."""
KINDS: Final = (
    "Member",
    "Connection",
    "EngineSocket",
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
        """Count what is alive, after a collection."""
        gc.collect()
        kinds = Counter(
            type(thing).__name__ for thing in gc.get_objects() if not is_cancelled(thing)
        )
        adapter, recovery = self.server.main.adapter, self.server.main.recovery
        assert isinstance(adapter, MemoryAdapter)
        assert recovery is not None
        return {
            "sessions": self.server.engine.sessions,
            "connections": len(self.server.connections),
            "sockets": len(self.server.main.sockets),
            "rooms": len(adapter.rooms) + len(adapter.sids),
            "tasks of the server": len(self.server.tasks),
            "absent clients": len(recovery.log.sessions),
            "events": recovery.log.kept,
            **{name: kinds[name] for name in KINDS},
        }

    async def settled(self, start: dict[str, int]) -> dict[str, int]:
        """Wait, ten seconds at most, until nothing is left but what there was at the start; return
        what is too much.
        """
        much: dict[str, int] = {}
        for _ in range(100):
            left = self.left()
            much = {name: count for name, count in left.items() if count > start.get(name, 0)}
            if not much:
                return {}
            await asyncio.sleep(0.1)
        return much


def is_cancelled(thing: object) -> bool:
    """Tell whether this is a timer that asyncio keeps for a while although it was cancelled."""
    return isinstance(thing, asyncio.TimerHandle) and thing.cancelled()


async def soak(lives: int, lane: Lane, seed: int, duration: float) -> list[str]:
    """Let clients come and go; return what isn't as it must be."""
    load = Lives(seed, duration)
    host = lanes.host(load.server.asgi(), lane, port=0, host=HOST, log_level="error")
    serving = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110 - uvicorn doesn't tell
        await asyncio.sleep(0.01)
    port: int = host.servers[0].sockets[0].getsockname()[1]
    try:
        await load.happen(port, 2 * CLIENTS)
        await load.settled(dict.fromkeys(KINDS, sys.maxsize))
        start = load.left()
        await load.happen(port, lives)
        problems = [
            f"{count} {name} are left, {start.get(name, 0)} at the start"
            for name, count in (await load.settled(start)).items()
        ]
    finally:
        host.should_exit = True
        await serving
    untold = sum(load.told[life] != 1 for life in range(1, load.began + 1))
    if untold:
        problems.append(f"the ends of {untold} lives were not told once")
    if load.began < lives or (duration == DURATIONS[0] and not lives / 10 < load.recovered < lives):
        problems.append(f"{load.began} lives, {load.recovered} of them recovered")
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
    lives = options.lives // (len(LOOPS) * 2 * len(DURATIONS))
    for name, lane, duration in product(LOOPS, (Lane.FAST, Lane.ASGI), DURATIONS):
        began = time.monotonic()
        with asyncio.Runner(loop_factory=LOOPS[name]) as runner:
            problems = runner.run(soak(lives, lane, options.seed, duration))
        failed = failed or bool(problems)
        outcome = problems or "each end was told once, nothing is left"
        took = time.monotonic() - began
        print(
            f"{lives} lives, {name}, {lane}, away for {duration} s, seed {options.seed}, "
            f"{took:.0f} s: {outcome}",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
