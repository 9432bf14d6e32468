from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.bench.ratios import Spread, ratio, spread
from tests.bench.results import Sample
from tests.bench.samples import sample


def cpu(sample: Sample) -> float:
    return sample.cpu


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0)
    assert Spread.of([1.0, 2.0]) == Spread(1.5, 1.0, 2.0)
    assert Spread.of([]) is None


def test_figures_that_a_workload_does_not_have_are_none() -> None:
    assert spread([sample(0, 1.0)], lambda sample: sample.resident) is None
    assert spread(
        [sample(0, 1.0), sample(1, 3.0, resident=5.0)], lambda sample: sample.resident
    ) == Spread(5.0, 5.0, 5.0)


def test_ratios_are_made_within_a_round_so_that_a_slow_spell_cancels_out() -> None:
    ours = [sample(0, 4.0), sample(1, 40.0), sample(2, 5.0)]
    node = [sample(0, 8.0), sample(1, 80.0), sample(2, 10.0)]
    assert ratio(ours, node, cpu) == Spread(0.5, 0.5, 0.5)


def test_rounds_in_which_one_of_both_failed_do_not_count() -> None:
    assert ratio([sample(1, 3.0), sample(2, 8.0)], [sample(0, 1.0), sample(2, 4.0)], cpu) == Spread(
        2.0, 2.0, 2.0
    )
    assert ratio([sample(0, 1.0)], [], cpu) is None
    assert ratio([sample(0, 1.0)], [sample(0, 0.0)], cpu) is None


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=9))
def test_a_system_compared_with_itself_is_one(values: list[float]) -> None:
    taken = [sample(number, value) for number, value in enumerate(values)]
    assert ratio(taken, taken, cpu) == Spread(1.0, 1.0, 1.0)
