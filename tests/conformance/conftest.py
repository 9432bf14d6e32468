"""What the conformance suites share: each lane has its turn."""

from __future__ import annotations

import pytest

from tests.lanes import Lane


@pytest.fixture(scope="module", params=list(Lane))
def lane(request: pytest.FixtureRequest) -> Lane:
    """How the server is hosted: whatever takes this runs on each lane."""
    return Lane(request.param)
