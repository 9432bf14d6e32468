"""Measure clusters and workers: ``python -m tests.bench.cluster``, ``make bench-cluster``.

Everything runs on this machine: nodes on one core, Redis and the load on the other.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Final

from tests.bench.child import ChildError
from tests.bench.cluster.figures import Figures
from tests.bench.cluster.nodes import Lab
from tests.bench.cluster.parts import PARTS
from tests.bench.cores import Cores
from tests.bench.files import allow_many
from tests.bench.generator import GeneratorError, build
from tests.node.toolchain import ToolchainError, install

ENOUGH_CORES: Final = 4


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cluster", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="of: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each part")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one load")
    parser.add_argument("--markdown", action="store_true", help="print the tables for a page")
    options = parser.parse_args(arguments)
    parts: list[str] = options.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"unknown: {', '.join(unknown)}")
    try:
        if "broadcast" in parts:
            install()
        lab = Lab(build(), Cores.choose(), options.seconds)
        lab.cores.leave_the_server_alone()
        allow_many()
        for part in parts:
            title, add = PARTS[part]
            figures = Figures(title)
            for number in range(options.rounds):
                add(lab, figures, number)
                print(f"{part}: round {number + 1} of {options.rounds}", file=sys.stderr)
            print(figures.table().render("markdown" if options.markdown else "text"), flush=True)
            print()
    except (ChildError, GeneratorError, ToolchainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if "workers" in parts:
        print(throughput(os.cpu_count() or 1))
    return 0


def throughput(cores: int) -> str:
    """Say what isn't measured."""
    why = f"this machine has {cores} cores" if cores < ENOUGH_CORES else "use a load from outside"
    return f"throughput of several workers: not measured, {why}"


if __name__ == "__main__":
    sys.exit(main())
