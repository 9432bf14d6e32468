"""A workload on all its systems: interleaved rounds, in an order that rotates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tests.bench.canary import Canary
from tests.bench.child import ChildError
from tests.bench.measure import Bench, Moment, Running
from tests.bench.results import SystemResult, WorkloadResult
from tests.bench.systems import SYSTEMS, System
from tests.bench.workloads import Workload

GIVE_UP: Final = 2
"""Failures of a system in a workload after which it isn't tried again."""
STARTING: Final = 1.0
"""Seconds that a server takes to start, for the estimate."""

Key = TypeVar("Key")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and how long each of the systems is measured."""

    systems: Sequence[str]
    rounds: int
    seconds: float

    def of(self, workload: Workload) -> list[str]:
        """Return those of the systems that take part in `workload`."""
        return [key for key in workload.systems if key in self.systems]

    def rounds_of(self, workload: Workload) -> int:
        """Return how often each system is measured in `workload`."""
        return min(self.rounds, workload.most_rounds)

    def estimate(self, workloads: Sequence[Workload]) -> float:
        """Estimate how many seconds it all takes."""
        total = 0.0
        for workload in workloads:
            rounds = self.rounds_of(workload)
            starts = rounds if workload.kind == "accept" else 1
            total += len(self.of(workload)) * (
                starts * STARTING + rounds * workload.duration(self.seconds)
            )
        return total


def run_workload(
    bench: Bench, canary: Canary, workload: Workload, plan: Plan, progress: Progress
) -> WorkloadResult:
    """Measure the systems that take part; one that fails is recorded as failed, and the rest goes
    on.
    """
    keys = plan.of(workload)
    rounds = plan.rounds_of(workload)
    results = {key: SystemResult() for key in keys}
    servers = Servers(bench, workload)
    try:
        for number in range(rounds):
            for key in turned(keys, number):
                result = results[key]
                if len(result.failures) >= GIVE_UP:
                    continue
                progress(f"{workload.name}, round {number + 1} of {rounds}: {SYSTEMS[key].title}")
                try:
                    server = servers.get(SYSTEMS[key])
                    result.samples.append(
                        bench.run(server, workload, plan.seconds, Moment(number, canary.measure()))
                    )
                except ChildError as error:
                    result.failures.append(str(error))
                    servers.end(key)
                if workload.kind == "accept":
                    # Memory that was used once stays: the next round needs a fresh process.
                    servers.end(key)
    finally:
        servers.end_all()
    return WorkloadResult(workload.name, workload.title, workload.unit, workload.kind, results)


def turned(keys: Sequence[Key], number: int) -> list[Key]:
    """Return `keys` in the order of round `number`, so that each is first, and last, once in a
    while.
    """
    start = number % max(1, len(keys))
    return [*keys[start:], *keys[:start]]


class Servers:
    """The servers of one workload, each started when it is needed first."""

    def __init__(self, bench: Bench, workload: Workload) -> None:
        self._core = bench.cores.server
        self._variant = workload.variant
        self._running: dict[str, Running] = {}

    def get(self, system: System) -> Running:
        """Return the server of `system`, running.

        Raises:
            ChildError: it doesn't start.
        """
        if system.key not in self._running:
            self._running[system.key] = Running.start(
                system.title, system.command(self._variant), self._core
            )
        return self._running[system.key]

    def end(self, key: str) -> None:
        """End the server of a system, if it runs."""
        running = self._running.pop(key, None)
        if running is not None:
            running.child.end()

    def end_all(self) -> None:
        """End them all."""
        for key in list(self._running):
            self.end(key)
