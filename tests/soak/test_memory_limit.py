"""A server whose memory is limited serves a stranger, or has exited; `python -m
tests.soak.memory_limit` has more attacks and more runs.
"""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.lanes import Lane
from tests.soak.memory_limit import attack


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS, and /proc")
@pytest.mark.parametrize("lane", [Lane.FAST, Lane.PLAIN])
@pytest.mark.parametrize("name", ["lists", "attachments"])
def test_a_stranger_is_served_or_the_server_has_exited(lane: Lane, name: str) -> None:
    outcome = asyncio.run(attack(lane, name))
    assert outcome.is_good, outcome
