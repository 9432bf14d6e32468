"""Redis is restarted twice and a server is killed while many clients are told numbers: with the
Redis Streams adapter no number that was acknowledged is lost, doubled or out of order. What the
other adapters lose is counted and logged.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.cluster.chaos import WRITERS, Killable, Outcome, disturb
from tests.interop.conftest import NodeScripts
from tests.redis import serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1800)]

CLIENTS, NUMBERS = (500, 2000) if "ACKORD_THOROUGH" in os.environ else (12, 150)


def run(kind: str, folder: Path, node: NodeScripts) -> tuple[Outcome, str]:
    """Disturb a cluster of three servers; return what came of it, and what a server logged."""
    with ExitStack() as stack:
        redis = stack.enter_context(serving_redis("--appendonly", "yes", "--appendfsync", "always"))
        first, second, doomed = (
            Killable(kind, redis.url, folder / name) for name in ("first", "second", "doomed")
        )
        for server in (first, second, doomed):
            stack.callback(server.kill)
            server.start()
        of_node = stack.enter_context(node.serving("cluster_server.mjs", kind, redis.url))
        living = [first.url, second.url, of_node]
        outcome = asyncio.run(disturb(redis, living, doomed, clients=CLIENTS, numbers=NUMBERS))
        return outcome, first.said


def check(outcome: Outcome, kind: str, log: str) -> None:
    """Check what holds with every adapter, and print what was counted."""
    acked, listeners, orphans = outcome.acked, outcome.listeners, outcome.orphans
    assert len(listeners) + len(orphans) == CLIENTS
    assert all(len(numbers) > NUMBERS // 4 for numbers in acked.values())
    for listener in (*listeners, *orphans):
        for numbers in listener.numbers.values():
            assert numbers == sorted(set(numbers)), "doubled, or out of order"
    for listener in listeners:
        assert len(listener.sessions) == 1
    for orphan in orphans:
        (old, first_recovered), (new, second_recovered) = orphan.sessions
        assert old != new
        assert (first_recovered, second_recovered) == (False, False)
    assert "is lost; it is tried again" in log
    assert "is back after" in log
    count = sum(map(len, acked.values()))
    print(
        f"\n{kind}: {count:,} of {WRITERS * NUMBERS:,} numbers were acknowledged; "
        f"{len(listeners)} clients of living servers lost {outcome.lost(listeners):,} of "
        f"{count * len(listeners):,}, and {len(orphans)} of the killed server "
        f"{outcome.lost(orphans):,} of {count * len(orphans):,}"
    )


@pytest.mark.parametrize("kind", ["streams", "recovery"])
def test_nothing_that_was_acknowledged_is_lost_doubled_or_out_of_order(
    kind: str, tmp_path: Path, node: NodeScripts
) -> None:
    outcome, log = run(kind, tmp_path, node)
    check(outcome, kind, log)
    assert outcome.lost(outcome.listeners) == 0


@pytest.mark.parametrize("kind", ["classic", "sharded"])
def test_what_other_adapters_lose_is_neither_doubled_nor_out_of_order_and_logged(
    kind: str, tmp_path: Path, node: NodeScripts
) -> None:
    outcome, log = run(kind, tmp_path, node)
    check(outcome, kind, log)
    assert "weren't sent meanwhile" in log
