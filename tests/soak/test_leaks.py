"""Nothing is left of connections that are over; ``python -m tests.soak.leaks`` makes ten thousand
on each transport.
"""

from __future__ import annotations

import pytest
import uvloop

from tests.hosts import Hosting
from tests.soak.leaks import run


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("hosting", [Hosting.DIRECT, Hosting.ASGI])
def test_hundreds_of_connections_on_each_transport_leave_nothing(hosting: Hosting) -> None:
    assert uvloop.run(run(200, hosting)) == []
