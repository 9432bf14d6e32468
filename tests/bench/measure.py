"""One run: a load on a server, and what the server spent on it."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench import cpu
from tests.bench.child import Child, ChildError
from tests.bench.cores import Cores
from tests.bench.generator import GeneratorError, Result
from tests.bench.instructions import Counter, counting
from tests.bench.memory import resident
from tests.bench.results import Instructions, Latency, Sample
from tests.bench.workloads import Workload

START: Final = 60.0
"""Seconds for a server to listen; those of large contracts are generated first."""
MARGIN: Final = 45.0
"""Seconds beyond warm-up and measuring after which a run is given up; the generator gives up
before.
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    child: Child
    port: int

    @classmethod
    def start(cls, name: str, command: list[str], core: int | None) -> Running:
        """Start a server and wait until it listens.

        Raises:
            ChildError: it doesn't.
        """
        child = Child(name, command, core=core)
        try:
            return cls(child, int(_wait(child, "listening ", START).split()[1]))
        except BaseException:
            child.end()
            raise


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run takes place."""

    round: int
    canary: float
    """What a loopback exchange cost just before."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs share."""

    generator: Path
    cores: Cores
    settling: float = 2.0
    """Seconds of rest before memory is read."""
    events: tuple[str, ...] = ()
    """What perf counts meanwhile, outside of the kernel and within; nothing where it can't."""

    def run(self, server: Running, workload: Workload, seconds: float, moment: Moment) -> Sample:
        """Load `server` and return what a unit of work cost it.

        Raises:
            ChildError: the server or the generator failed.
        """
        idle = self._rest(server, seconds) if workload.kind == "accept" else 0
        load = self._load(server, workload.arguments, workload.warm_up, seconds)
        try:
            limit = workload.warm_up + seconds + MARGIN
            with self._counting(server) as counter:
                _wait(load, "begin", limit)
                before = cpu.read(server.child.pid)
                if counter is not None:
                    counter.start()
                report = Result.parse(_wait(load, "end ", limit))
                spent = cpu.read(server.child.pid) - before
                instructions = None if counter is None else counter.stop()
            memory = None
            if workload.kind == "accept":
                time.sleep(self.settling)
                memory = (resident(server.child.pid) - idle) / workload.clients
                load.tell("")
            load.finish(MARGIN)
            return _sample(report, spent, moment, memory=memory, instructions=instructions)
        except (ChildError, GeneratorError, OSError) as error:
            raise _failure(server, error) from error
        finally:
            load.end()

    def _rest(self, server: Running, seconds: float) -> int:
        """Let a fresh server load what it loads at its first connections, and return the memory
        that it holds then.
        """
        load = self._load(server, ["--workload", "echo", "--clients", "20"], 0.1, min(seconds, 0.5))
        try:
            load.finish(MARGIN)
        except ChildError as error:
            raise _failure(server, error) from error
        finally:
            load.end()
        time.sleep(self.settling)
        return resident(server.child.pid)

    def _counting(self, server: Running) -> AbstractContextManager[Counter | None]:
        return (
            counting(server.child.pid, self.cores.load, self.events)
            if self.events
            else nullcontext()
        )

    def _load(self, server: Running, arguments: list[str], warm_up: float, seconds: float) -> Child:
        times = [
            "--warmup",
            str(warm_up),
            "--seconds",
            str(seconds),
            "--least",
            "1",
        ]  # a machine that stands still is no failure
        command = [str(self.generator), "--port", str(server.port), *arguments, *times]
        return Child("the load generator", command, core=self.cores.load)


def _wait(child: Child, word: str, limit: float) -> str:
    """Read on until a line that begins with `word`."""
    while not (line := child.line(limit)).startswith(word):
        pass
    return line


def _sample(
    report: Result,
    spent: cpu.CpuTime,
    moment: Moment,
    *,
    memory: float | None,
    instructions: list[float] | None,
) -> Sample:
    count = report.count
    if count <= 0:
        raise GeneratorError("nothing was answered")
    return Sample(
        round=moment.round,
        cpu=round(spent.total / count * 1e6, 4),
        user=round(min(spent.user, spent.total) / count * 1e6, 4),
        count=count,
        seconds=report.seconds,
        load_cpu=round((report.cpu_user + report.cpu_system) / count * 1e6, 4),
        canary=round(moment.canary, 2),
        waited=round(spent.waited / report.seconds, 4),
        latency=_latency(report),
        resident=memory,
        instructions=Instructions(*(figure / count for figure in instructions))
        if instructions
        else None,
    )


def _latency(report: Result) -> Latency | None:
    if (
        report.p50_us is None
        or report.p90_us is None
        or report.p99_us is None
        or report.max_us is None
    ):
        return None
    return Latency(report.p50_us, report.p90_us, report.p99_us, report.max_us, report.lag_p99_us)


def _failure(server: Running, error: Exception) -> ChildError:
    """Say what both sides have to say about a run that failed."""
    state = "" if server.child.is_alive else f"{server.child.name} has ended\n"
    return ChildError("\n".join(filter(None, (f"{state}{error}", server.child.complaints()))))
