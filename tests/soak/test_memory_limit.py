"""A server whose memory is limited serves a stranger, or has exited; `python -m
tests.soak.memory_limit` has more attacks and more runs.
"""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.hosts import Hosting
from tests.soak.memory_limit import attack


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS, and /proc")
@pytest.mark.parametrize("hosting", [Hosting.DIRECT, Hosting.PLAIN])
@pytest.mark.parametrize("name", ["lists", "attachments"])
def test_a_stranger_is_served_or_the_server_has_exited(hosting: Hosting, name: str) -> None:
    outcome = asyncio.run(attack(hosting, name))
    assert outcome.is_good, outcome
