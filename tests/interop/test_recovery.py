"""npm socket.io-client comes back after its connection was cut, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, serving_python

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def seen(node: NodeScripts, hosting: Hosting) -> Iterator[dict[str, Any]]:
    with serving_python("tests.interop.recovery_server", hosting) as url:
        yield node.observe("recovery_client.mjs", url)


@pytest.mark.parametrize("mode", ["polling", "websocket", "upgrade"])
def test_a_client_that_comes_back_goes_on_where_it_was(seen: dict[str, Any], mode: str) -> None:
    known = {"recovered": True, "data": {"entered": mode}, "rooms": [mode]}
    assert seen[mode] == {
        "no event was received": [True, True, [[1, 1]], known],
        "events before, and a volatile one that ends in a string": [
            True,
            True,
            [[2, 2], [3, 3], [4, 4]],
            known,
        ],
        "nothing was missed": [True, True, [], known],
        "12 MB were missed": [True, True, 1, 1301, True],
        "left on purpose": [False, False, [], {"recovered": False, "data": {}, "rooms": []}],
    }
