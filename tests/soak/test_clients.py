"""A part of a day in the life of clients on each run of the tests; ``python -m tests.soak.clients``
is the whole.
"""

from __future__ import annotations

import pytest

from tests.interop.alone import run_alone
from tests.interop.transports import TRANSPORTS
from tests.soak.clients import live


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_each_call_is_answered_once_though_the_server_crashes(
    transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        count = 15 if transport == "polling" else 25
        assert await live(count, 2, 20, **TRANSPORTS[transport]) == []

    run_alone(scenario, caplog, debug=False)
