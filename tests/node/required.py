"""Node and npm's packages, for the tests that can't do without."""

from __future__ import annotations

import pytest

from tests.node.toolchain import ToolchainError, find_node, is_installed


def require_node() -> str:
    """Return Node's path, or skip the test and say how to get it."""
    try:
        found = find_node()
    except ToolchainError as error:
        pytest.skip(str(error))
    if not is_installed():
        pytest.skip(
            "the npm packages of tests/node aren't installed: python -m tests.node.toolchain"
        )
    return found.path
