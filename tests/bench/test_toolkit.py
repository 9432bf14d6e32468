"""The benchmark of the command line, with a small contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.toolkit import STEPS, large_schema, measure, prepare, report


@pytest.mark.slow
def test_every_step_is_measured_once(tmp_path: Path) -> None:
    prepare(tmp_path, 20, 10)
    best = measure(tmp_path, STEPS, 1)
    assert set(best) == {"canary", *(step.name for step in STEPS)}
    assert all(seconds > 0 for seconds in best.values())
    table = report(best, [replace(step, target=2.0) for step in STEPS])
    assert table.count("(at most 2.0)") == len(STEPS)


def test_the_schema_has_as_many_events_and_models_as_it_says() -> None:
    text = large_schema(50, 30)
    assert text.count("    args: ") == 50
    assert text.count("  Model") == 30
