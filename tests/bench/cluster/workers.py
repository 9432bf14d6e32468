"""An echo on one worker and on two: what it costs, and how the clients are spread."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.child import Child
from tests.bench.cluster.nodes import Lab

CLIENTS: Final = 100
TURNS: Final = 4
"""Turns in one round, each with newly connected clients."""
STARTING: Final = 60.0
_ANNOUNCED: Final = re.compile(rb"http://127\.0\.0\.1:(\d+)")
_ESTABLISHED: Final = "01"


@dataclass(frozen=True, slots=True)
class Crew:
    """A server with workers, which listens."""

    port: int
    pids: Sequence[int]
    """The processes that serve."""

    @classmethod
    def start(cls, lab: Lab, stack: ExitStack, workers: int) -> Crew:
        """Start a server.

        Raises:
            ChildError: it doesn't listen in time.
        """
        command = [sys.executable, "-m", "tests.bench.cluster.workers_server", str(workers)]
        parent = Child(f"{workers} workers", command, core=lab.cores.server)
        stack.callback(parent.end)
        deadline = time.monotonic() + STARTING
        while not (found := _ANNOUNCED.search(parent.output())):
            if not parent.is_alive or time.monotonic() > deadline:
                raise parent.error("doesn't listen")
            time.sleep(0.05)
        return cls(int(found[1]), children(parent.pid) or [parent.pid])

    def connections(self) -> list[int]:
        """Return how many connections each process has."""
        table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = [line.split() for line in table]
        port = f":{self.port:04X}"
        inodes = {row[9] for row in rows if row[1].endswith(port) and row[3] == _ESTABLISHED}
        return [len(inodes & sockets(pid)) for pid in self.pids]


LOADS: Final = {
    "WebSocket": ("--workload=echo",),
    "long-polling": ("--workload=polling",),
}


@dataclass(frozen=True, slots=True)
class Echo:
    """What echoes cost, and where the clients were."""

    cpu: float
    """Microseconds of all workers for an echo."""
    connections: Sequence[int]
    """Of each worker."""


def measure(lab: Lab, crew: Crew, load: str) -> Echo:
    """Measure echoes over a transport.

    Raises:
        ChildError: the generator failed, or a server did.
    """
    found: list[int] = []
    options = (*LOADS[load], f"--clients={CLIENTS}")
    spent = lab.load(
        crew.pids, crew.port, *options, during=lambda: found.extend(crew.connections())
    )
    return Echo(sum(spent.seconds.values()) / spent.count * 1e6, found)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [
        int(child)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ]


def sockets(pid: int) -> set[str]:
    """Return the inodes of a process's sockets."""
    links = [
        str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()
    ]
    return {link[8:-1] for link in links if link.startswith("socket:[")}
