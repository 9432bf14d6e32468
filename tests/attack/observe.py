"""Attack a server, and note what a stranger, its memory and its log have to tell."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.attack.attacks import Attack
from tests.attack.stranger import Stranger
from tests.attack.target import Target
from tests.bench.child import Child, ChildError

MARGIN: Final = 30.0
"""Seconds that the process of an attack may take beyond its end, on a busy machine."""
WARM_UP: Final = 6
"""Visits before anything is measured."""

Attacker: TypeAlias = Callable[[Attack, int], Awaitable[str]]
"""Attacks a port, and says what was done."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one attack on one server came to."""

    visits: int
    failures: Counter[str]
    """How visits of the stranger failed."""
    longest: float
    """Seconds of the visit that took longest."""
    before: float
    """Megabytes of the server's memory at the start, at the peak, and some time after the attack.
    """
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


async def observe(
    attack: Attack, target: Target, attacker: Attacker, settling: float, patience: float
) -> Observation:
    """Let a stranger visit a server while it is attacked, and for some seconds afterwards."""
    before, cpu, logged = target.memory()[0], target.cpu(), len(target.log())
    stranger = Stranger(target.port, attack.namespace, patience)
    attacking = asyncio.ensure_future(attacker(attack, target.port))
    while not attacking.done() and target.is_alive:
        await stranger.visit()
    try:
        done = await attacking
    except Exception as error:  # noqa: BLE001  # it's shown in the table
        done = f"failed: {str(error).splitlines()[-1]}"
    end = time.monotonic() + settling
    while time.monotonic() < end and target.is_alive:
        await stranger.visit()
    after, peak = target.memory()
    log = target.log()[logged:]
    return Observation(
        visits=stranger.visits,
        failures=stranger.failures,
        longest=stranger.longest,
        before=before,
        peak=peak,
        after=after,
        log_bytes=len(log),
        log_lines=log.count(b"\n"),
        cpu=target.cpu() - cpu,
        done=done,
        has_ended=not target.is_alive,
    )


async def warm_up(target: Target, namespace: str, patience: float) -> None:
    """Let a server do once what it does for strangers.

    Raises:
        ChildError: it doesn't.
    """
    stranger = Stranger(target.port, namespace, patience)
    for _ in range(WARM_UP):
        await stranger.visit()
    if stranger.failures:
        raise ChildError(f"the server doesn't serve before the attack: {dict(stranger.failures)}")


def from_a_process(seconds: float) -> Attacker:
    """Attack from a process of its own, so that the stranger waits for nobody but the server."""

    async def attack(attack: Attack, port: int) -> str:
        child = Child(
            attack.name,
            [sys.executable, "-m", "tests.attack.attacker", attack.name, str(port), str(seconds)],
        )
        try:
            return await asyncio.to_thread(child.line, (attack.times + 1) * seconds + MARGIN)
        finally:
            child.end()

    return attack
