"""npm socket.io-client gives up a namespace while it is being joined, and joins it again, over real
sockets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, serving_python

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def seen(node: NodeScripts, hosting: Hosting) -> Iterator[dict[str, Any]]:
    with serving_python("tests.interop.rejoining_server", hosting) as url:
        yield node.observe("rejoining_client.mjs", url)


@pytest.mark.parametrize("run", ["polling 0", "polling 100", "websocket 0", "websocket 100"])
def test_a_client_that_begins_anew_joins_once_and_its_other_namespaces_stay(
    seen: dict[str, Any], run: str
) -> None:
    assert seen[run] == {"said": ["steady connect", "slow connect"], "alone": True}
