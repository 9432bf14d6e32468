"""The guard catches what it is there for: one needless call, a loop, a copy; and what was won and
isn't kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from typing_extensions import override

from tests.bench.contract import BenchContext, Item
from tests.bench.servers.application import Bench
from tests.runtime.budget.application import make_server
from tests.runtime.budget.budgets import HINT, Budgets, judge, limits_of, load, save
from tests.runtime.budget.clients import Client, Direct, Framed
from tests.runtime.budget.messages import echo
from tests.runtime.budget.report import explain
from tests.runtime.budget.scenario import Cost, measure

COST: Final = Cost(calls=50, opcodes=1000, bytes=2000)


def needless() -> None:
    """Stands for a call that a change has brought."""


class WithOneCallMore(Bench):
    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        needless()
        return item


class WithALoop(Bench):
    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        number = 0
        while number < 10:
            number += 1
        return item


class WithOneObjectMore(Bench):
    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        bytes(2)
        return item


class WithACopy(Bench):
    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        self.copy = item.text * 100
        return item


def cost_of_echo(kind: type[Client], bench: Callable[[], Bench]) -> Cost:
    return measure(echo(kind), lambda: make_server(bench()))


@pytest.fixture(scope="module")
def usual() -> dict[type[Client], Cost]:
    return {kind: cost_of_echo(kind, Bench) for kind in (Direct, Framed)}


@pytest.mark.parametrize("kind", [Direct, Framed])
@pytest.mark.parametrize(
    ("bench", "metric"),
    [
        (WithOneCallMore, "calls"),
        (WithALoop, "opcodes"),
        (WithOneObjectMore, "opcodes"),
        (WithACopy, "bytes"),
    ],
)
def test_a_little_more_is_more_than_the_budget(
    usual: dict[type[Client], Cost], kind: type[Client], bench: type[Bench], metric: str
) -> None:
    limits = limits_of(usual[kind])
    assert judge(usual[kind], limits) == []
    assert f"more {metric} than budgeted" in judge(cost_of_echo(kind, bench), limits)


def test_the_guard_says_where_the_calls_went() -> None:
    cost = cost_of_echo(Direct, WithOneCallMore)
    assert cost.functions[f"{__name__}.needless"] == 1
    text = explain(
        "echo", cost, Budgets({"echo": limits_of(COST)}, {"pydantic": "1"}, (3, 11), is_exact=True)
    )
    assert text.splitlines()[1].split()[:4] == ["echo", f"{cost.calls:g}", "of", "50"]
    assert "the budget was measured with pydantic 1, this is 2." in text
    assert "WithOneCallMore.on_echo" in text


def test_what_is_far_below_its_budget_asks_for_a_new_one() -> None:
    limits = limits_of(COST)
    assert judge(replace(COST, opcodes=910), limits) == []
    assert judge(replace(COST, opcodes=800), limits) == ["far fewer opcodes than budgeted"]
    assert HINT in explain(
        "echo", replace(COST, opcodes=800), Budgets({"echo": limits}, {}, (3, 11), is_exact=True)
    )


def test_a_scenario_without_a_budget_is_a_problem() -> None:
    assert Budgets({}, {}, (3, 11), is_exact=True).judge("new", COST) == ["it has no budget"]


def test_a_budget_is_as_tight_as_its_figure_is_steady() -> None:
    assert limits_of(COST) == {"calls": 50, "opcodes": 1005, "bytes": 2100}
    assert limits_of(replace(COST, calls=50.4))["calls"] == 50.4
    assert limits_of(replace(COST, calls=460))["calls"] == 464


def test_another_version_of_python_has_the_budgets_of_the_nearest_older_one_with_more_slack(
    tmp_path: Path,
) -> None:
    for version, calls in (("3.11", 50), ("3.12", 40), ("3.14", 30)):
        content = {
            "packages": {},
            "budgets": {"echo": {"calls": calls, "opcodes": 1000, "bytes": 2000}},
        }
        (tmp_path / f"python-{version}.json").write_text(json.dumps(content), encoding="utf-8")
    exact, foreign = load((3, 12), tmp_path), load((3, 13), tmp_path)
    assert (exact.is_exact, exact.measured_on) == (True, (3, 12))
    assert (foreign.is_exact, foreign.measured_on) == (False, (3, 12))
    assert exact.judge("echo", Cost(calls=41, opcodes=1000, bytes=2000)) == [
        "more calls than budgeted"
    ]
    assert foreign.judge("echo", Cost(calls=52, opcodes=500, bytes=2600)) == []
    assert foreign.judge("echo", Cost(calls=53, opcodes=500, bytes=2600)) == [
        "more calls than budgeted"
    ]


def test_what_is_saved_is_what_counts(tmp_path: Path) -> None:
    file = save({"echo": COST}, tmp_path)
    assert file.name == "python-{}.{}.json".format(*sys.version_info)
    budgets = load(folder=tmp_path)
    assert budgets.is_exact
    assert budgets.judge("echo", COST) == []
    assert budgets.judge("echo", replace(COST, calls=51)) == ["more calls than budgeted"]
