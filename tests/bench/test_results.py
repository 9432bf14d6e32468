from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.bench.results import Instructions, Results, Sample, SystemResult
from tests.bench.samples import latency, results, sample, workload


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    everything = sample(
        1,
        8.0,
        latency=latency(100, 900),
        resident=2048.0,
        instructions=Instructions(1.0, 2.0),
        waited=0.25,
    )
    measured = results(
        workload(
            "echo-100",
            ackord=SystemResult([sample(0, 8.0), everything], ["it broke\nbadly: “so”"]),
            node=SystemResult(),
        ),
        workload("echo-1", node=SystemResult([sample(0, 8.0)])),
    )
    path = tmp_path / "a" / "folder" / "results.json"
    measured.save(path)
    assert Results.load(path) == measured
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 + 2 + 1  # a workload is a line
    assert json.loads("\n".join(lines))["circumstances"]["commit"] == "0123456789ab"


def test_nothing_measured_can_be_saved_too(tmp_path: Path) -> None:
    results().save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == results()


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"rounds": 3}', encoding="utf-8")
    with pytest.raises(ValidationError, match="circumstances"):
        Results.load(tmp_path / "x.json")


def test_figures_that_follow_from_others() -> None:
    taken = Sample(0, 10.0, 7.5, 300, 1.5, 1.0, 12.0)
    assert (taken.kernel, taken.rate, taken.p50, taken.p99) == (2.5, 200.0, None, None)
    # The user's part is by the tick, and may seem more than all.
    assert Sample(0, 10.0, 10.5, 300, 0.0, 1.0, 12.0).kernel == 0
    assert sample(0, 1.0, latency=latency(100, 900)).p99 == 900
