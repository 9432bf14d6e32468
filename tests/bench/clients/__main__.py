"""Measure clients beside python-socketio's and npm's socket.io-client: ``python -m
tests.bench.clients``.

A thousand clients in one process have one core, the fast server the other. CPU is that of the
clients' process; ratios are made within a round, and their median is shown.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Final

from tests.bench import cpu
from tests.bench.child import Child, ChildError
from tests.bench.cores import Cores
from tests.bench.files import allow_many
from tests.bench.measure import Running
from tests.bench.memory import resident
from tests.bench.rounds import turned
from tests.node.toolchain import ToolchainError, find_node, install

SYSTEMS: Final = {
    "ackord": "Ackord",
    "ackord-uvloop": "Ackord on uvloop",
    "psio": "python-socketio",
    "psio-uvloop": "python-socketio on uvloop",
    "node": "Node socket.io-client",
}
STEPS: Final = {"connect": 1, "echo": 20, "broadcast": 40, "reconnect": 1}
"""What is measured, by the rounds of each client; in microseconds for each connection, call or
delivery.
"""
TARGETS: Final = {"psio": 0.5, "node": 1.2}
LIMIT: Final = 300.0
"""Seconds for one step."""
SETTLING: Final = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process of clients cost."""

    steps: dict[str, float]
    """Microseconds of CPU for each unit of a step."""
    kilobytes: float
    """Memory for each client, once it has connected."""


def command(system: str, port: int, clients: int) -> list[str]:
    """Return what starts the clients."""
    numbers = [str(port), str(clients)]
    if system == "node":
        return [find_node().path, "tests/node/bench_clients.mjs", *numbers]
    return [sys.executable, "-m", "tests.bench.clients.python_clients", system, *numbers]


def measure(system: str, clients: int, cores: Cores) -> Figures:
    """Let clients of one system do all steps.

    Raises:
        ChildError: they, or the server, failed.
    """
    server = Running.start(
        "the server", [sys.executable, "-m", "tests.bench.servers.ackord_dropping"], cores.server
    )
    load = Child(SYSTEMS[system], command(system, server.port, clients), core=cores.load)
    try:
        load.line(LIMIT)
        idle, memory, steps = resident(load.pid), 0.0, dict[str, float]()
        for step, rounds in STEPS.items():
            before = cpu.read(load.pid)
            load.tell(f"{step} {rounds}")
            _, count, _ = load.line(LIMIT).split()
            steps[step] = (cpu.read(load.pid) - before).total / int(count) * 1e6
            if step == "connect":
                time.sleep(SETTLING)
                memory = (resident(load.pid) - idle) / clients / 1000
        return Figures(steps, memory)
    finally:
        load.end()
        server.child.end()


def report(figures: dict[str, list[Figures]]) -> str:
    """Show medians, and their ratios to the other libraries."""
    names = [*STEPS, "memory"]
    lines = ["".join(f"{name:>16}" for name in ("", *names)).rjust(10)]
    for system, rounds in figures.items():
        values = [f"{statistics.median(_figures(rounds, name)):.1f}" for name in names]
        lines.append(f"{SYSTEMS[system]:<28}" + "".join(f"{value:>12}" for value in values))
    for reference, most in TARGETS.items():
        for system in (each for each in figures if each.startswith("ackord")):
            if reference not in figures:
                continue
            ratios = [
                statistics.median(
                    ours / theirs
                    for ours, theirs in zip(
                        _figures(figures[system], name),
                        _figures(figures[reference], name),
                        strict=True,
                    )
                )
                for name in names
            ]
            title = f"{SYSTEMS[system]} / {reference}"
            lines.append(
                f"{title:<28}"
                + "".join(f"{ratio:>12.2f}" for ratio in ratios)
                + f"  (CPU <= {most})"
            )
    return "\n".join(lines)


def _figures(rounds: list[Figures], name: str) -> list[float]:
    return [each.kilobytes if name == "memory" else each.steps[name] for each in rounds]


def main(arguments: list[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    options = parser.parse_args(arguments)
    systems = options.systems.split(",")
    cores = Cores.choose()
    allow_many()
    figures: dict[str, list[Figures]] = {system: [] for system in systems}
    try:
        if "node" in systems:
            install()
        cores.leave_the_server_alone()
        for number in range(options.rounds):
            for system in turned(systems, number):
                figures[system].append(measure(system, options.clients, cores))
    except (ChildError, ToolchainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"{options.clients} clients in one process: microseconds of CPU for a connection, a call, "
        "a delivery, a reconnection; kilobytes for a client"
    )
    print(report(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
