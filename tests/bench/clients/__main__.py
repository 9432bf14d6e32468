"""Measure clients beside python-socketio's and npm's socket.io-client: ``python -m
tests.bench.clients``.

A thousand clients in one process have one core, the fast server the other. CPU is that of the
clients' process; ratios are made within a round, and their median is shown.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench import cpu
from tests.bench.child import Child, ChildError
from tests.bench.cores import Cores
from tests.bench.files import allow_many
from tests.bench.measure import Running
from tests.bench.memory import resident
from tests.bench.ratios import Spread
from tests.bench.rounds import turned
from tests.bench.tables import Format, Table
from tests.node.toolchain import ToolchainError, find_node, install

SYSTEMS: Final = {
    "generated": "Ackord, generated",
    "ackord": "Ackord, untyped",
    "psio": "python-socketio",
    "generated-uvloop": "Ackord, generated, uvloop",
    "ackord-uvloop": "Ackord, untyped, uvloop",
    "psio-uvloop": "python-socketio, uvloop",
    "node": "Node socket.io-client",
}
STEPS: Final = {"connect": 1, "echo": 20, "broadcast": 40, "reconnect": 1}
"""What is measured, by the rounds of each client; in microseconds for each connection, call or
delivery.
"""
COLUMNS: Final = (*STEPS, "memory")
NODE: Final = "node"
AT_MOST: Final = {"psio": 0.5, NODE: 1.2}
"""The ratios of CPU that issue 11 asks for."""
LIMIT: Final = 300.0
"""Seconds for one step."""


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


def measure(
    system: str, clients: int, cores: Cores, *, share: float = 1, settling: float = 1.0
) -> Figures:
    """Let clients of one system do all steps, a share of the rounds, after `settling` seconds of
    rest.

    Raises:
        ChildError: they, or the server, failed.
    """
    server = Running.start(
        "the server", [sys.executable, "-m", "tests.bench.servers.ackord_dropping"], cores.server
    )
    load = Child(SYSTEMS[system], command(system, server.port, clients), core=cores.load)
    try:
        load.line(LIMIT)
        load.tell("warm 1")
        load.line(LIMIT)
        idle, memory, steps = resident(load.pid), 0.0, dict[str, float]()
        for step, rounds in STEPS.items():
            before = cpu.read(load.pid)
            load.tell(f"{step} {math.ceil(rounds * share)}")
            _, count, _ = load.line(LIMIT).split()
            steps[step] = (cpu.read(load.pid) - before).total / int(count) * 1e6
            if step == "connect":
                time.sleep(settling)
                memory = (resident(load.pid) - idle) / clients / 1000
        return Figures(steps, memory)
    finally:
        load.end()
        server.child.end()


def report(figures: Mapping[str, Sequence[Figures]], form: Format) -> str:
    """Show medians, and the ratios to the other libraries: to python-socketio on the same event
    loop.
    """
    costs = [
        (SYSTEMS[system], *(f"{statistics.median(_values(rounds, name)):.1f}" for name in COLUMNS))
        for system, rounds in figures.items()
    ]
    ratios: list[Sequence[str]] = []
    for system in figures:
        kind, dash, loop = system.partition("-")
        for reference in (f"psio{dash}{loop}", NODE):
            if kind in {"generated", "ackord"} and reference in figures:
                title = f"{SYSTEMS[system]} / {SYSTEMS[reference]}"
                most = AT_MOST[reference.removesuffix("-uvloop")]
                cells = [_ratio(figures[system], figures[reference], name) for name in COLUMNS]
                ratios.append((title, *cells, f"{most:.1f}"))
    return "\n\n".join(
        table.render(form)
        for table in (
            Table("CPU in \u00b5s, memory in KB of a client", ("", *COLUMNS), costs),
            Table("ratios", ("", *COLUMNS, "CPU at most"), ratios),
        )
    )


def _ratio(ours: Sequence[Figures], theirs: Sequence[Figures], name: str) -> str:
    pairs = zip(_values(ours, name), _values(theirs, name), strict=True)
    spread = Spread.of([ours / theirs for ours, theirs in pairs])
    return "" if spread is None else f"{spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})"


def _values(rounds: Sequence[Figures], name: str) -> list[float]:
    return [each.kilobytes if name == "memory" else each.steps[name] for each in rounds]


def main(arguments: list[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000, help="clients in one process")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each system")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="of: %(default)s")
    parser.add_argument("--markdown", action="store_true", help="print the tables for a page")
    options = parser.parse_args(arguments)
    systems: list[str] = options.systems.split(",")
    if unknown := [system for system in systems if system not in SYSTEMS]:
        parser.error(f"unknown: {', '.join(unknown)}")
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
                # As it comes: a run may be interrupted.
                print(f"round {number + 1}, {system}: {figures[system][-1]}", file=sys.stderr)
    except (ChildError, ToolchainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.clients} clients in one process, medians of {options.rounds} rounds\n")
    print(report(figures, "markdown" if options.markdown else "text"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
