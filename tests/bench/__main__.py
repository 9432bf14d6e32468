"""Measure this server beside python-socketio and Node's socket.io: ``make bench``, ``make
bench-full``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from tests.bench.canary import Canary
from tests.bench.child import ROOT
from tests.bench.circumstances import circumstances
from tests.bench.cores import Cores
from tests.bench.files import allow_many
from tests.bench.generator import GeneratorError, build
from tests.bench.instructions import EVENTS, are_counted
from tests.bench.measure import Bench
from tests.bench.page import write_docs
from tests.bench.report import targets_report, workload_report
from tests.bench.results import Results
from tests.bench.rounds import Plan, run_workload
from tests.bench.systems import SYSTEMS
from tests.bench.workloads import WORKLOADS, Workload
from tests.node.toolchain import ToolchainError, install

LATEST: Final = ROOT / ".cache" / "bench" / "results.json"


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure this server beside python-socketio, Node's socket.io and the limits "
        "of the machine. "
        "Every server has one core and the load generator another; runs are interleaved; "
        "medians and ratios to Node are printed.",
        epilog="docs/benchmarks.md tells how to read what comes out.",
    )
    made.add_argument(
        "--full",
        action="store_true",
        help="all workloads and more rounds (15 to 30 minutes) instead of a few",
    )
    made.add_argument(
        "--workloads",
        type=_names(WORKLOADS),
        metavar="A,B",
        help="these workloads only (--list shows all)",
    )
    made.add_argument(
        "--systems",
        type=_names(SYSTEMS),
        metavar="A,B",
        help="these systems only; ratios need `node`",
    )
    made.add_argument(
        "--rounds",
        type=int,
        metavar="N",
        help="runs of each system in each workload (default: 3, with --full 5)",
    )
    made.add_argument(
        "--seconds", type=float, metavar="S", help="length of one run (default: 1, with --full 1.5)"
    )
    made.add_argument(
        "--json",
        type=Path,
        default=LATEST,
        metavar="PATH",
        help="where the raw results go (default: .cache/bench/results.json)",
    )
    made.add_argument(
        "--render", type=Path, metavar="PATH", help="measure nothing: show the results in this file"
    )
    made.add_argument(
        "--write-docs", action="store_true", help="write tables, plots and raw results into docs/"
    )
    made.add_argument(
        "--note", default="", metavar="TEXT", help="a remark that is kept with the results"
    )
    made.add_argument("--list", action="store_true", help="list workloads and systems, and stop")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, measure and report."""
    options = parser().parse_args(arguments)
    if options.list:
        return _list()
    try:
        results = Results.load(options.render) if options.render else _measure(options)
    except (GeneratorError, ToolchainError, OSError, ValidationError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ninterrupted; what was measured until now is in {options.json}", file=sys.stderr)
        return 130
    if options.render:
        for workload in results.workloads:
            print(workload_report(workload, "text"))
    print(targets_report(results, "text"))
    if options.write_docs:
        print(f"wrote {', '.join(write_docs(results, ROOT / 'docs'))}")
    return 0


def _measure(options: argparse.Namespace) -> Results:
    if not Path("/proc/self/schedstat").exists():
        raise GeneratorError("the benchmark reads CPU times from Linux's /proc")
    chosen = [workload for workload in WORKLOADS.values() if _is_chosen(workload, options)]
    plan = Plan(
        options.systems or list(SYSTEMS),
        options.rounds or (5 if options.full else 3),
        options.seconds or (1.5 if options.full else 1.0),
    )
    if "node" in plan.systems:
        install()
    bench = Bench(build(), Cores.choose(), events=EVENTS if are_counted() else ())
    results = Results(circumstances(options.note), plan.rounds, plan.seconds)
    minutes = plan.estimate(chosen) / 60
    print(
        f"{len(chosen)} workloads, {len(plan.systems)} systems, {plan.rounds} rounds of "
        f"{plan.seconds:g} s: about {minutes:.0f} minutes"
    )
    if bench.cores.server is None:
        print(
            "warning: this machine has one core only; server and load generator share it, so "
            "read nothing but CPU"
        )
    if not allow_many():
        print(
            "warning: this user may open few files (ulimit -Hn): workloads with thousands of "
            "connections will fail"
        )
    print(
        "CPU is of the server's process, user + kernel; ratios are medians of rounds, with "
        "the lowest and the highest in brackets\n",
        flush=True,
    )
    bench.cores.leave_the_server_alone()
    with Canary(bench.cores) as canary:
        for workload in chosen:
            result = run_workload(bench, canary, workload, plan, _progress)
            _progress("")
            results.workloads.append(result)
            # After each workload, so that nothing is lost if a later one is interrupted.
            results.save(options.json)
            print(workload_report(result, "text"), flush=True)
    return results


def _is_chosen(workload: Workload, options: argparse.Namespace) -> bool:
    if options.workloads is not None:
        return workload.name in options.workloads
    return options.full or workload.short


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(known)}")
        return names

    return read


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _list() -> int:
    for title, rows in (
        (
            "workloads",
            {
                name: f"{workload.title}{' (short)' if workload.short else ''}"
                for name, workload in WORKLOADS.items()
            },
        ),
        ("systems", {key: system.title for key, system in SYSTEMS.items()}),
    ):
        print(f"{title}:")
        for name, text in rows.items():
            print(f"  {name:16}  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
