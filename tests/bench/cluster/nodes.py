"""The processes of a cluster, and the CPU that some of them use under a load."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench import cpu
from tests.bench.child import Child
from tests.bench.cores import Cores
from tests.bench.generator import Result
from tests.bench.measure import MARGIN, Running
from tests.node.toolchain import find_node

ADAPTERS: Final = ("classic", "sharded", "streams")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a load has cost."""

    seconds: Mapping[int, float]
    """CPU by process."""
    count: int
    """What the load counts: deliveries, or messages."""
    duration: float


@dataclass(frozen=True, slots=True)
class Lab:
    """What all measurements share."""

    generator: Path
    cores: Cores
    seconds: float
    """Length of one load."""
    warm_up: float = 0.4

    def start(self, stack: ExitStack, system: str, *arguments: str) -> Running:
        """Start a node: ``node-ADAPTER`` is Node's, ``psio`` python-socketio's, others Ackord's."""
        kind, _, adapter = system.rpartition("-")
        if kind == "node":
            command = [find_node().path, "tests/node/bench_cluster.mjs", adapter]
        else:
            module = "psio_node" if system == "psio" else "ackord_node"
            command = [sys.executable, "-m", f"tests.bench.cluster.{module}", system]
        running = Running.start(f"a node ({system})", [*command, *arguments], self.cores.server)
        stack.callback(running.child.end)
        return running

    def load(
        self,
        watched: Sequence[int],
        port: int,
        *options: str,
        during: Callable[[], object] | None = None,
    ) -> Spent:
        """Put a load on a port, and read the CPU of the watched processes meanwhile; `during` is
        called when the load has begun.

        Raises:
            ChildError: the generator failed, or a server did.
        """
        times = (f"--warmup={self.warm_up}", f"--seconds={self.seconds}", "--least=1")
        command = (str(self.generator), f"--port={port}", *options, *times)
        load = Child("the load generator", command, core=self.cores.load)
        limit = self.warm_up + self.seconds + MARGIN
        try:
            _await_word(load, "begin", limit)
            before = {pid: cpu.read(pid).total for pid in watched}
            if during is not None:
                during()
            result = Result.parse(_await_word(load, "end ", limit))
            spent = {pid: cpu.read(pid).total - before[pid] for pid in watched}
            load.finish(MARGIN)
        finally:
            load.end()
        return Spent(spent, result.count, result.seconds)


def _await_word(child: Child, word: str, limit: float) -> str:
    while not (line := child.line(limit)).startswith(word):
        pass
    return line
