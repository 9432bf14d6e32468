from __future__ import annotations

from collections import Counter

from tests.bench.rounds import Plan, turned
from tests.bench.servers.listening import Variant, parse
from tests.bench.systems import SYSTEMS
from tests.bench.workloads import WORKLOADS


def test_the_order_rotates_so_that_each_system_is_everywhere_equally_often() -> None:
    keys = ["a", "b", "c"]
    orders = [turned(keys, number) for number in range(6)]
    assert orders[:3] == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]
    assert all(
        Counter(order[place] for order in orders) == {"a": 2, "b": 2, "c": 2} for place in range(3)
    )
    assert turned([], 5) == []


def test_the_estimate_grows_with_systems_rounds_and_seconds() -> None:
    chosen = list(WORKLOADS.values())
    plan = Plan(list(SYSTEMS), 5, 1.5)
    assert 15 * 60 < plan.estimate(chosen) < 45 * 60
    assert Plan(["node"], 5, 1.5).estimate(chosen) < plan.estimate(chosen) / 3
    assert Plan(list(SYSTEMS), 1, 1.5).estimate(chosen) < plan.estimate(chosen) / 2
    short = [workload for workload in chosen if workload.short]
    assert 60 < Plan(list(SYSTEMS), 3, 1.0).estimate(short) < 5 * 60


def test_systems_that_do_not_take_part_are_left_out() -> None:
    assert "raw" not in Plan(list(SYSTEMS), 1, 1.0).of(WORKLOADS["polling"])
    assert Plan(["node", "ackord"], 1, 1.0).of(WORKLOADS["echo-1"]) == ["ackord", "node"]


def test_variants_travel_on_the_command_line() -> None:
    for variant in (Variant(), Variant(events=3), Variant(namespaces=2, room=True)):
        assert parse(variant.arguments()) == variant
    assert Variant(events=2, namespaces=2).echoes == ["echo_0", "echo_1"]
    assert Variant(namespaces=2).paths == ["/n0", "/n1"]
    assert (Variant().echoes, Variant().paths, Variant().is_grown) == (["echo"], ["/"], False)


def test_each_workload_has_its_name_and_asks_for_events_that_are_served() -> None:
    for name, workload in WORKLOADS.items():
        assert workload.name == name
        if "--event" in workload.load:
            assert workload.load[workload.load.index("--event") + 1] in workload.variant.echoes
        if "--namespaces" in workload.load:
            assert int(workload.load[workload.load.index("--namespaces") + 1]) == len(
                workload.variant.paths
            )
