"""Count what each scenario costs, beside its budget: ``python -m tests.runtime.budget``.

``--update`` makes budgets of what was counted, in the file of this version of Python.
They are those of the runtime without its helpers in C, which would hide what they do.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence

from ackord.runtime import compiled

from tests.runtime.budget.budgets import HINT, load, save
from tests.runtime.budget.report import functions, table
from tests.runtime.budget.scenarios import SCENARIOS


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.runtime.budget", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="name, or part of one; all by default")
    parser.add_argument("--update", action="store_true", help="write the budgets anew")
    parser.add_argument("--json", action="store_true", help="print what was counted as JSON")
    parser.add_argument(
        "--functions", action="store_true", help="print each function that is called, and how often"
    )
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="measure in another order")
    options = parser.parse_args(arguments)
    parts: list[str] = options.scenario or [""]
    names = [name for name in SCENARIOS if any(part in name for part in parts)]
    order = list(names)
    if options.shuffle is not None:
        random.Random(options.shuffle).shuffle(order)  # noqa: S311 - an order, no secret
    measured = {name: SCENARIOS[name]() for name in order}
    costs = {name: measured[name] for name in names}
    if options.update:
        if len(costs) < len(SCENARIOS):
            parser.error("--update writes all budgets: name no scenario")
        print(save(costs).name)
    if options.json:
        print(json.dumps({name: cost.dump() for name, cost in costs.items()}))
        return 0
    budgets = load()
    print(table(costs, budgets))
    if options.functions:
        for name, cost in costs.items():
            print(f"\n{name}\n{functions(cost)}")
    problems = any(budgets.judge(name, cost) for name, cost in costs.items())
    if problems:
        print(HINT)
    return 1 if problems else 0


if __name__ == "__main__":
    if compiled.ENABLED:
        os.execve(  # noqa: S606 - this very program
            sys.executable,
            [sys.executable, *sys.orig_argv[1:]],
            {**os.environ, "ACKORD_SPEEDUPS": "0"},
        )
    sys.exit(main())
