"""Every part of the benchmark of clusters does its work, at tiny size; nothing is said about time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.attempts import hold_once
from tests.bench.cluster import broadcast, entries, rooms, town, workers
from tests.bench.cluster.figures import Figures
from tests.bench.cluster.nodes import ADAPTERS, Lab
from tests.bench.cores import Cores
from tests.bench.generator import GeneratorError, build
from tests.redis import serving_redis

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not Path("/proc/self/schedstat").exists(),
        reason="the benchmark reads CPU times from Linux's /proc",
    ),
]

SECONDS: Final = (0.1, 1.0, 10.0)
"""Lengths of a load: on a busy machine a server may not run at all in a short one."""


@pytest.fixture(scope="module")
def lab() -> Lab:
    """What measurements share; without cores of their own, since these tests measure nothing."""
    try:
        return Lab(build(), Cores(None, None), seconds=SECONDS[0], warm_up=0.05)
    except GeneratorError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The URL of a Redis."""
    with serving_redis() as server:
        yield server.url


@pytest.mark.parametrize("system", [*ADAPTERS, "node-classic", "node-sharded", "node-streams"])
def test_both_nodes_deliver_what_one_client_shouts(lab: Lab, redis: str, system: str) -> None:
    def claim(seconds: float) -> None:
        measured = broadcast.measure(replace(lab, seconds=seconds), system, redis, clients=6)
        assert measured.shared.sender > 0
        assert measured.shared.receiver > 0
        assert measured.local.receiver > 0

    hold_once(claim, SECONDS)


@pytest.mark.parametrize("system", ["psio", *ADAPTERS])
def test_the_clients_of_a_node_get_the_tokens_of_all_nodes(
    lab: Lab, redis: str, system: str
) -> None:
    def claim(seconds: float) -> None:
        share = rooms.measure(replace(lab, seconds=seconds), system, redis, most_lost=0.9)
        assert share.busy > 0
        assert share.rate > 0

    hold_once(claim, SECONDS)


def test_a_room_has_four_members_at_home_and_one_elsewhere() -> None:
    members = Counter(room for node in range(town.NODES) for room in town.seats(node))
    assert set(members.values()) == {town.AT_HOME + 1}
    assert len(members) == town.NODES * town.ROOMS
    assert len(town.seats(town.MEASURED)) == 100
    assert town.DELIVERIES == 625


@pytest.mark.parametrize("load", workers.LOADS)
def test_echoes_are_answered_by_both_workers(lab: Lab, load: str) -> None:
    def claim(seconds: float) -> None:
        with ExitStack() as stack:
            crew = workers.Crew.start(lab, stack, 2)
            echo = workers.measure(replace(lab, seconds=seconds), crew, load)
        assert echo.cpu > 0
        assert len(echo.connections) == 2
        assert min(echo.connections) >= 0.4 * sum(echo.connections)

    hold_once(claim, SECONDS)


def test_each_kind_of_message_is_read() -> None:
    for read in entries.readings(town.TOKEN).values():
        read()
    assert entries.readings(town.TOKEN)["an entry for this server"]() is not None
    assert entries.readings(town.TOKEN)["an entry for other servers"]() is None


def test_a_figure_is_met_if_its_median_is() -> None:
    figures = Figures("title")
    for value in (1.0, 3.0, 1.1):
        figures.add("ours", value, 1.15)
        figures.add("theirs", value, 1.05)
        figures.add("µs", value)
    assert figures.table().rows == [
        ("ours", "1.100 (1.000 to 3.000)", "1.15", "met"),
        ("theirs", "1.100 (1.000 to 3.000)", "1.05", "missed"),
        ("µs", "1.100 (1.000 to 3.000)", "", ""),
    ]
