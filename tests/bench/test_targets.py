from __future__ import annotations

from tests.bench.results import SystemResult
from tests.bench.samples import latency, results, samples, workload
from tests.bench.systems import REFERENCE, SYSTEMS
from tests.bench.targets import TARGETS, judge
from tests.bench.workloads import WORKLOADS


def test_each_target_names_a_workload_that_both_systems_take_part_in() -> None:
    assert [
        target
        for target in TARGETS
        if {target.system, target.reference} - set(WORKLOADS[target.workload].systems)
    ] == []
    assert all(0 < target.bound < 3 for target in TARGETS)
    assert len(TARGETS) == 20
    assert REFERENCE in SYSTEMS


def test_the_figure_of_a_target_is_what_the_workload_measures() -> None:
    assert {(target.workload, target.figure) for target in TARGETS if target.figure != "CPU"} == {
        ("accept-10000", "memory"),
        ("latency-10000", "p99"),
    }
    assert (WORKLOADS["accept-10000"].kind, WORKLOADS["latency-10000"].kind) == (
        "accept",
        "latency",
    )


def test_a_target_is_met_up_to_its_bound_and_missed_above() -> None:
    # 0.80 of Node, 0.20 of python-socketio
    measured = results(
        workload(
            "echo-100",
            ackord=samples(8.0, 8.0, 9.0),
            psio_uvicorn=samples(38.0, 39.0, 40.0),
            node=samples(10.0, 10.0, 10.0),
        )
    )
    words = [
        (verdict.target.reference, verdict.measured and verdict.measured.median, verdict.word)
        for verdict in judge(measured)
    ]
    assert words == [("node", 0.8, "met"), ("psio-uvicorn", 8.0 / 38.0, "missed")]


def test_memory_and_latency_have_targets_of_their_own() -> None:
    measured = results(
        workload(
            "accept-10000",
            ackord=samples(50.0, resident=6000.0),
            node=samples(100.0, resident=12000.0),
        ),
        workload(
            "latency-10000",
            ackord=samples(9.0, latency=latency(100, 900)),
            node=samples(9.0, latency=latency(90, 600)),
        ),
    )
    words = [
        (verdict.target.figure, verdict.measured and verdict.measured.median, verdict.word)
        for verdict in judge(measured)
    ]
    assert words == [("CPU", 0.5, "met"), ("memory", 0.5, "met"), ("p99", 1.5, "missed")]


def test_a_system_that_failed_is_not_measured_and_one_that_was_left_out_is_not_asked() -> None:
    failed = workload("echo-100", ackord=SystemResult(failures=["it broke"]), node=samples(10.0))
    assert [(verdict.target.system, verdict.word) for verdict in judge(results(failed))] == [
        ("ackord", "not measured")
    ]
    assert judge(results()) == []
