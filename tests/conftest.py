"""What all tests share: in CI (``ACKORD_NO_SKIP=1``) nothing may skip; and no example of hypothesis
fails for being slow.

A machine may stand still for a while: what must be done in bounded time says so itself, and
measures CPU time.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ackord", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What hypothesis itself brings for CI is the same, and takes the same examples each time: new ones
# are looked for elsewhere.
settings.load_profile("ci" if os.environ.get("ACKORD_NO_SKIP") == "1" else "ackord")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may skip."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("ACKORD_NO_SKIP") == "1"
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"nothing may skip here (ACKORD_NO_SKIP=1): {reason}"
    return report
