"""Attack one server, and note what a stranger, its memory and its log have to tell."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.attack.attacks import Attack
from tests.attack.stranger import Stranger
from tests.bench.child import Child, ChildError
from tests.bench.files import allow_many
from tests.node.toolchain import find_node

START: Final = 60.0
"""Seconds in which a server must listen."""
MARGIN: Final = 30.0
"""Seconds that an attack may take beyond its end, on a busy machine."""
WARM_UP: Final = 6
"""Visits before anything is measured."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")

SYSTEMS: Final = {
    "direct": "Ackord, server.run()",
    "asgi": "Ackord, plain uvicorn",
    "node": "Node socket.io",
}


@dataclass(frozen=True, slots=True)
class Observation:
    """What one attack on one server came to."""

    visits: int
    failures: Counter[str]
    """How visits of the stranger failed."""
    longest: float
    """Seconds of the visit that took longest."""
    before: float
    """Megabytes of the server's memory at the start, at the peak, and some time after the attack."""
    peak: float
    after: float
    log_bytes: int
    log_lines: int
    cpu: float
    """Seconds of CPU that the server used."""
    done: str
    """What the attack did, or why it failed."""
    has_ended: bool
    """Whether the server's process has ended meanwhile."""


def command(system: str, attack: Attack) -> list[str]:
    """Return what starts a server.

    Raises:
        ToolchainError: there is no Node.
    """
    if system == "node":
        return [find_node().path, "tests/node/attack_server.mjs", *attack.options]
    lane = {"direct": "fast", "asgi": "plain"}[system]
    return [sys.executable, "-m", "tests.attack.server", "--lane", lane, *attack.options]


async def observe(attack: Attack, system: str, seconds: float, settling: float) -> Observation:
    """Start a server, attack it for at most so many seconds, and look on for some more.

    Raises:
        ChildError: the server doesn't start.
    """
    allow_many()
    server = Child(SYSTEMS[system], command(system, attack))
    try:
        port = int(server.line(START).removeprefix("listening "))
        warm_up = Stranger(port, attack.namespace)
        for _ in range(WARM_UP):
            await warm_up.visit()
        if warm_up.failures:
            raise server.error(f"doesn't serve before the attack: {dict(warm_up.failures)}")
        return await _attack(attack, server, port, seconds, settling)
    finally:
        server.end()


async def _attack(attack: Attack, server: Child, port: int, seconds: float, settling: float) -> Observation:
    seconds *= attack.times
    before, cpu = _memory(server)[0], _cpu(server)
    stranger = Stranger(port, attack.namespace)
    attacker = Child(attack.name, [sys.executable, "-m", "tests.attack.attacker", attack.name, str(port), str(seconds)])
    try:
        ending = asyncio.ensure_future(asyncio.to_thread(attacker.line, seconds + MARGIN))
        while not ending.done() and server.is_alive:
            await stranger.visit()
        try:
            done = await ending
        except ChildError as error:
            done = str(error).splitlines()[-1]
    finally:
        attacker.end()
    end = time.monotonic() + settling
    while time.monotonic() < end and server.is_alive:
        await stranger.visit()
    cpu = _cpu(server) - cpu
    after, peak = _memory(server)
    log = server.output()
    return Observation(
        visits=stranger.visits,
        failures=stranger.failures,
        longest=stranger.longest,
        before=before,
        peak=peak,
        after=after,
        log_bytes=len(log),
        log_lines=log.count(b"\n"),
        cpu=cpu,
        done=done,
        has_ended=not server.is_alive,
    )


def _memory(server: Child) -> tuple[float, float]:
    """Return megabytes that are in memory, and the most that ever were."""
    found = {"VmRSS": 0.0, "VmHWM": 0.0}
    for line in Path(f"/proc/{server.pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) / 1024
    return found["VmRSS"], found["VmHWM"]


def _cpu(server: Child) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
