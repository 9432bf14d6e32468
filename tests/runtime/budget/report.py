"""What was measured, as text: tables beside the budgets, and where the calls went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.runtime.budget.budgets import HINT, Budgets, packages
from tests.runtime.budget.scenario import METRICS, Cost

TOP: Final = 25
"""Functions that are named."""


def table(costs: Mapping[str, Cost], budgets: Budgets) -> str:
    """Return a line for each scenario: what it costs, and of what its budget is."""
    width = max(map(len, costs))
    lines = [f"{'':{width}}" + "".join(f"{metric:>20}" for metric in METRICS)]
    for name, cost in costs.items():
        limits = budgets.limits.get(name, {})
        cells = (
            f"{_number(getattr(cost, metric))} of {_number(limits.get(metric, 0))}"
            for metric in METRICS
        )
        problems = budgets.judge(name, cost)
        lines.append(
            f"{name:{width}}"
            + "".join(f"{cell:>20}" for cell in cells)
            + "".join(f"  {problem}" for problem in problems)
        )
    return "\n".join(lines)


def explain(name: str, cost: Cost, budgets: Budgets) -> str:
    """Return all about one scenario: its line of the table, and the functions that are called most
    in a step.
    """
    lines = [table({name: cost}, budgets)]
    changed = {
        package: (then, now)
        for package, now in packages().items()
        if (then := budgets.packages.get(package)) != now
    }
    lines += [
        f"the budget was measured with {package} {then}, this is {now}"
        for package, (then, now) in changed.items()
    ]
    if not budgets.is_exact:
        lines.append(
            "the budget is that of Python {}.{}, with more slack".format(*budgets.measured_on)
        )
    lines += [HINT, "", "calls in a step:", functions(cost, TOP)]
    return "\n".join(lines)


def functions(cost: Cost, count: int | None = None) -> str:
    """Return the functions that are called in a step, those of most calls first."""
    return "\n".join(
        f"{number:6}  {function}"
        for function, number in cost.functions.most_common(count)
        if number
    )


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
