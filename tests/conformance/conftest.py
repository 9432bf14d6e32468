"""What the conformance suites share: they run once for each way of hosting."""

from __future__ import annotations

import pytest

from tests.hosts import Hosting


@pytest.fixture(scope="module", params=list(Hosting))
def hosting(request: pytest.FixtureRequest) -> Hosting:
    """How the server is hosted; each test that takes this fixture runs with each way."""
    return Hosting(request.param)
