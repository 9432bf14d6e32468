"""The budget of memory, without a server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from ackord.runtime.bounds import available_memory
from ackord.runtime.bounds.memory import Account, MemoryBudget, Part
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

LIMIT = 1000


class Holder:
    def __init__(self, budget: MemoryBudget) -> None:
        self.account = Account(budget, self)
        self.parts: Counter[Part] = Counter()
        self.is_gone = False

    def hold(self, part: Part, size: int) -> None:
        if not self.is_gone:
            self.parts[part] = size
            self.account.hold(part, size)

    def measure(self) -> None:
        """Everything is up to date."""

    def shed(self, account: Account) -> None:
        assert account is self.account
        self.is_gone = True
        self.parts.clear()
        account.close()


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Part), st.integers(0, 600)), max_size=60)
)
def test_what_is_used_is_what_all_hold_and_the_heaviest_goes_first(
    steps: list[tuple[int, Part, int]],
) -> None:
    budget = MemoryBudget(LIMIT)
    holders = [Holder(budget) for _ in range(5)]
    for index, part, size in steps:
        before = {holder: holder.parts.total() for holder in holders if not holder.is_gone}
        if holders[index] in before:
            before[holders[index]] += size - holders[index].parts[part]
        holders[index].hold(part, size)
        shed = [weight for holder, weight in before.items() if holder.is_gone]
        kept = [weight for holder, weight in before.items() if not holder.is_gone]
        assert not shed or min(shed) >= max(kept, default=0)
        assert bool(shed) == (sum(before.values()) > LIMIT)
        assert budget.used == sum(holder.parts.total() for holder in holders) <= LIMIT
    for holder in holders:
        holder.account.close()
    assert budget.used == 0


def test_who_sheds_nothing_counts_no_longer_rather_than_make_all_others_go() -> None:
    class Stubborn(Holder):
        @override
        def shed(self, account: Account) -> None:
            """Keep everything."""

    budget = MemoryBudget(LIMIT)
    stubborn, other = Stubborn(budget), Holder(budget)
    other.hold(Part.EVENTS, 300)
    stubborn.hold(Part.HISTORY, 900)
    assert (budget.used, other.is_gone) == (300, False)


@pytest.mark.parametrize(
    ("groups", "files", "limits"),
    [
        (
            "0::/a/b\n",
            {"a/b/memory.max": "300", "a/memory.max": "200", "memory.max": "max"},
            [300, 200],
        ),
        (
            "4:memory:/a\n0::/\n",
            {"memory/a/memory.limit_in_bytes": "100", "memory/memory.limit_in_bytes": "900"},
            [100, 900],
        ),
        ("3:cpu,cpuacct:/a\n", {"memory.max": "1"}, []),
        ("nonsense\n", {}, []),
    ],
)
def test_limits_of_control_groups_are_found(
    tmp_path: Path, groups: str, files: dict[str, str], limits: list[int]
) -> None:
    own = tmp_path / "own"
    own.write_text(groups)
    for name, text in files.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text)
    assert list(available_memory.control_groups(tmp_path / "root", own)) == limits


def test_this_process_has_some_memory() -> None:
    assert available_memory.available_memory() > 0
