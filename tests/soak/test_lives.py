"""Thousands of short lives on each run of the tests; ``python -m tests.soak.lives`` lets 100,000
happen.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.soak.lives import LOOPS, soak


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("loop", LOOPS)
def test_the_end_of_each_short_life_is_told_and_nothing_is_left(loop: str) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        assert runner.run(soak(1500, 1)) == []
