"""Nothing is left of connections that are over; ``python -m tests.soak.leaks`` makes ten thousand on each transport."""

from __future__ import annotations

import pytest
import uvloop

from tests.soak.leaks import run


@pytest.mark.slow
def test_hundreds_of_connections_on_each_transport_leave_nothing() -> None:
    assert uvloop.run(run(300)) == []
