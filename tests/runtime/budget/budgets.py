"""The committed budgets: a file for each minor version of Python, as each has its own instructions
and its own sizes of objects.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from tests.runtime.budget.scenario import METRICS, Cost

Limits: TypeAlias = Mapping[str, float]
"""What a step may cost, by metric."""
Version: TypeAlias = tuple[int, int]

FOLDER: Final = Path(__file__).parent
SLACK: Final[Limits] = {"calls": 0.01, "opcodes": 0.005, "bytes": 0.05}
"""How far above what was measured a budget is: calls and instructions are the same each time,
memory isn't quite.

Those of calls and instructions are rounded down: below a hundred calls, each one more is one too
many.
"""
FAR_BELOW: Final[Limits] = {"calls": 0.1, "opcodes": 0.1, "bytes": 0.25}
"""How far below its budget a step may be: else the budget would let pass what was won. Memory that
an earlier step has left to be used again may be a tenth of a small step's.
"""
FOREIGN_SLACK: Final = 1.3
"""The factor on the budgets of another version of Python."""
HINT: Final = (
    "if that is as it must be, and to keep what was won: python -m tests.runtime.budget --update"
)

_PACKAGES: Final = ("pydantic", "uvicorn", "websockets")


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets that count for a version of Python."""

    limits: Mapping[str, Limits]
    """By scenario."""
    packages: Mapping[str, str]
    """The versions of packages with which they were measured."""
    measured_on: Version
    is_exact: bool
    """Whether they are this version's own, and not those of an older one."""

    def judge(self, name: str, cost: Cost) -> list[str]:
        """Return what is wrong with the cost of a scenario's step."""
        if name not in self.limits:
            return ["it has no budget"]
        return judge(cost, self.limits[name], is_exact=self.is_exact)


def judge(cost: Cost, limits: Limits, *, is_exact: bool = True) -> list[str]:
    """Return what is wrong with a cost; being far below is wrong where the budget is of this very
    version of Python.
    """
    problems: list[str] = []
    for metric in METRICS:
        measured, limit = getattr(cost, metric), limits[metric]
        if measured > (limit if is_exact else limit * FOREIGN_SLACK):
            problems.append(f"more {metric} than budgeted")
        elif is_exact and measured < math.floor(limit * (1 - FAR_BELOW[metric])):
            problems.append(f"far fewer {metric} than budgeted")
    return problems


def limits_of(cost: Cost) -> Limits:
    """Return the budget for what was measured."""
    limits: dict[str, float] = {}
    for metric in METRICS:
        measured: float = getattr(cost, metric)
        allowed = measured * (1 + SLACK[metric])
        limits[metric] = (
            math.ceil(allowed)
            if metric == "bytes"
            else max(measured, math.floor(round(allowed, 6)))
        )
    return limits


def load(wanted: Version = sys.version_info[:2], folder: Path = FOLDER) -> Budgets:
    """Load the budgets of a version of Python, or of the nearest older one."""
    known = {_version(file): file for file in folder.glob("python-*.json")}
    nearest = max(each for each in known if each <= wanted)
    found = json.loads(known[nearest].read_text(encoding="utf-8"))
    return Budgets(found["budgets"], found["packages"], nearest, is_exact=nearest == wanted)


def save(costs: Mapping[str, Cost], folder: Path = FOLDER) -> Path:
    """Write the budgets of this version of Python."""
    file = folder / f"python-{sys.version_info[0]}.{sys.version_info[1]}.json"
    budgets = {name: limits_of(cost) for name, cost in costs.items()}
    file.write_text(
        json.dumps({"packages": packages(), "budgets": budgets}, indent=2) + "\n", encoding="utf-8"
    )
    return file


def packages() -> dict[str, str]:
    """Return the installed versions of packages whose inside is measured, too."""
    return {name: version(name) for name in _PACKAGES}


def _version(file: Path) -> Version:
    major, minor = re.findall(r"\d+", file.stem)
    return int(major), int(minor)
