"""Thousands of clients for minutes, with random cuts: ``python -m tests.soak --clients 2000
--seconds 120``.

Nothing that is sent may be lost, doubled or out of order while a session lasts, and the server's
memory returns to its start. Exits with 1 where that isn't so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from typing_extensions import override

from tests.hosts import add_option
from tests.soak.client import Tally, live
from tests.soak.wire import HOST

ROOT = Path(__file__).parents[2]
RAMP = 200
"""Clients that begin each second."""
GROWTH = 12.0
"""Megabytes that the server may have more in the end than after a warm-up: what the interpreter and
its allocator keep.
"""

SETTLING = 90.0
"""Seconds that the server may take to notice all clients that have vanished."""


class ServerProcess:
    """The server in its process, which tells by a pipe what is alive in it: so there is nothing but
    what is counted.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    async def report(self) -> dict[str, Any]:
        """Ask what is alive in the server."""
        report: dict[str, Any] = json.loads(await asyncio.to_thread(self._ask))
        return dict(report, rss=self.rss())

    def _ask(self) -> bytes:
        question, answer = self._process.stdin, self._process.stdout
        assert question is not None
        assert answer is not None
        question.write(b"\n")
        question.flush()
        return answer.readline()

    async def settled(self, seconds: float) -> dict[str, Any]:
        """Wait until no session is left, and report."""
        end = time.monotonic() + seconds
        while True:
            report = await self.report()
            if not report["sessions"] or time.monotonic() > end:
                return report
            await asyncio.sleep(0.2)

    def rss(self) -> float:
        """Megabytes of the server that are in memory."""
        for line in (
            Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        ):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        fields = (
            Path(f"/proc/{self._process.pid}/stat")
            .read_text(encoding="ascii")
            .rpartition(")")[2]
            .split()
        )
        return (int(fields[11]) + int(fields[12])) / 100


@asynccontextmanager
async def serving(module: str, *arguments: str) -> AsyncGenerator[ServerProcess]:
    """Run a server as a process of its own."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    # Python's own allocator keeps an arena of which one block is in use; the C library's gives
    # pages back, so that what is left can be seen.
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    command = [sys.executable, "-m", module, "--port", str(port), *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe)  # noqa: ASYNC220 - once, before the load
    server = ServerProcess(process, port)
    try:
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.transport.abort()
                break
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=20)


@dataclass
class Outcome:
    """What a soak found."""

    tally: Tally
    start: dict[str, Any]
    end: dict[str, Any]
    peak: float = 0.0
    cpu: float = 0.0
    seconds: float = 0.0
    lag: float = 0.0
    failures: list[str] = field(default_factory=list[str])

    def judge(self) -> None:
        """Say what isn't as it must be."""
        failures = [f"{count} times: {text}" for text, count in self.tally.problems.most_common()]
        failures += [
            f"server: {count} times: {text}" for text, count in self.end["problems"].items()
        ]
        for name in ("sessions", "connections", "sockets", "rooms", "tasks"):
            if self.end[name] > self.start[name]:
                failures.append(f"{name} are left: {self.end[name]} instead of {self.start[name]}")
        for name, count in self.end["kinds"].items():
            if count > self.start["kinds"][name]:
                failures.append(
                    f"objects are left: {count} {name} instead of {self.start['kinds'][name]}"
                )
        if self.end["objects"] > self.start["objects"] * 1.05:
            failures.append(f"{self.end['objects'] - self.start['objects']} objects are left")
        if self.end["rss"] > self.start["rss"] + GROWTH:
            failures.append(
                f"the server has {self.end['rss']:.0f} MB, {self.start['rss']:.0f} after the "
                "warm-up"
            )
        self.failures = failures

    @override
    def __str__(self) -> str:
        tally = self.tally
        return "\n".join(
            [
                (
                    f"{self.seconds:.0f} s, at most {tally.most_connected} clients at a time, "
                    f"{self.cpu:.0f} s of the server's CPU"
                ),
                f"late at most: the server {self.end['lag']:.1f} s, the clients {self.lag:.1f} s",
                (
                    f"sessions: {dict(tally.sessions)}, upgrades: {tally.upgrades}, ends: "
                    f"{dict(tally.ends)}"
                ),
                f"disconnects as the server saw them: {self.end['ends']}",
                (
                    f"acknowledged: {tally.acked} from clients, {tally.downs} from the server; "
                    f"broadcasts received: {tally.ticks}"
                ),
                (
                    f"server: {self.start['rss']:.1f} MB after the warm-up, {self.peak:.1f} MB at "
                    f"most, {self.end['rss']:.1f} MB in the end"
                ),
                (
                    f"objects: {self.start['objects']} after the warm-up, {self.end['objects']} "
                    "in the end"
                ),
                *(
                    self.failures
                    or ["nothing lost, nothing doubled, nothing out of order, nothing left"]
                ),
            ]
        )


async def load(port: int, count: int, seconds: float, pace: float, seed: int) -> Tally:
    """Let `count` clients live for `seconds`."""
    tally = Tally()
    end = time.monotonic() + seconds
    dice = random.Random(seed)  # noqa: S311 - a load, no secret

    async def one(number: int, own: random.Random) -> None:
        await asyncio.sleep(number / RAMP)
        await live(port, tally, own, lambda: time.monotonic() > end, pace)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(number, random.Random(dice.random())))  # noqa: S311 - as above
    return tally


async def soak(clients: int, seconds: float, pace: float, seed: int, *settings: str) -> Outcome:
    """Warm the server up, load it, and see what is left; `settings` are those of
    `tests.soak.server`.
    """
    async with serving("tests.soak.server", *settings) as server:
        await load(server.port, min(clients, 300), 4, 0.3, seed + 1)
        start = await server.settled(SETTLING)
        cpu, begun, peak = server.cpu(), time.monotonic(), 0.0
        lag = 0.0

        async def watch() -> None:
            nonlocal peak, lag
            while True:
                peak = max(peak, server.rss())
                due = time.monotonic() + 0.25
                await asyncio.sleep(0.25)
                lag = max(lag, time.monotonic() - due)

        watching = asyncio.create_task(watch())
        try:
            tally = await load(server.port, clients, seconds, pace, seed)
        finally:
            watching.cancel()
        end = await server.settled(SETTLING)
        outcome = Outcome(
            tally, start, end, peak, server.cpu() - cpu, time.monotonic() - begun, lag
        )
        outcome.judge()
        for _ in range(20):
            if not outcome.failures or tally.problems:
                break
            # Timers of connections that are gone for a second may still run, such as uvicorn's for
            # those that are idle.
            await asyncio.sleep(1)
            outcome.end = await server.report()
            outcome.judge()
        return outcome


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description="Let many clients live through random cuts, and count.",
    )
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--pace",
        type=float,
        default=3.0,
        help="seconds between two bursts of one client, on average (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    add_option(parser)
    options = parser.parse_args()
    print(f"{options.clients} clients for {options.seconds:g} s, seed {options.seed}", flush=True)
    outcome = uvloop.run(
        soak(
            options.clients,
            options.seconds,
            options.pace,
            options.seed,
            "--hosting",
            options.hosting,
        )
    )
    print(outcome)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
