"""The regression guard: what a message costs in calls, instructions and memory, against the
committed budgets.

Nothing of it depends on the machine, or on how busy that is; only on the versions of Python and of
some packages. On a version of Python that has no budgets of its own, those of the nearest older one
count, 1.3 times; then only more is wrong, not less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.runtime.budget.budgets import load
from tests.runtime.budget.report import explain
from tests.runtime.budget.scenario import Cost
from tests.runtime.budget.scenarios import SCENARIOS

ROOT: Final = Path(__file__).resolve().parents[3]

Costs = Mapping[str, Cost]


def count(*arguments: str, hash_seed: int = 0) -> Costs:
    """Count in a process of its own, which no other test has changed, nor what watches this one."""
    command = [sys.executable, "-m", "tests.runtime.budget", "--json", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return {name: Cost.load(cost) for name, cost in json.loads(done.stdout).items()}


@pytest.fixture(scope="module")
def costs() -> Costs:
    return count()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_step_stays_within_its_budget(costs: Costs, name: str) -> None:
    budgets = load()
    problems = budgets.judge(name, costs[name])
    assert not problems, f"{'; '.join(problems)}\n{explain(name, costs[name], budgets)}"


def test_every_budget_is_that_of_a_scenario() -> None:
    assert set(load().limits) == set(SCENARIOS)


def test_each_step_costs_the_same_in_another_process_in_another_order(costs: Costs) -> None:
    again = count("--shuffle", "1", hash_seed=1)
    assert {name: (cost.calls, cost.opcodes) for name, cost in again.items()} == {
        name: (cost.calls, cost.opcodes) for name, cost in costs.items()
    }
    for name, cost in again.items():
        assert cost.bytes == pytest.approx(costs[name].bytes, rel=0.05), name


@pytest.mark.parametrize("what", ["joining a room", "leaving a room", "lost connection, 1 room"])
def test_rooms_cost_the_same_however_many_others_there_are(costs: Costs, what: str) -> None:
    few, many = costs[f"{what}, 10 others"], costs[f"{what}, 1,000 others"]
    assert (many.calls, many.opcodes) == (few.calls, few.opcodes)
    assert many.bytes == pytest.approx(few.bytes, rel=0.05)


def test_each_room_of_a_lost_connection_costs_the_same(costs: Costs) -> None:
    one, hundred, two_hundred = (
        costs[f"lost connection, {rooms}, 10 others"]
        for rooms in ("1 room", "100 rooms", "200 rooms")
    )
    first, second = hundred.per(99, one), two_hundred.per(100, hundred)
    assert (second.calls, second.opcodes) == (first.calls, first.opcodes)
    assert second.bytes == pytest.approx(
        first.bytes, rel=0.1
    )  # of differences: twice the spread of each
