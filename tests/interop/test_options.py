"""npm's socket.io-client 4.8 with its less usual options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, serving_python

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

TRANSPORTS: Final = {
    "forceBase64 over polling": "polling",
    "forceBase64 over websocket": "websocket",
    "forceBase64 and an upgrade": "websocket",
    "no upgrade": "polling",
    "tryAllTransports": "websocket",
    "timestamps over websocket": "websocket",
    "no timestamps": "polling",
    "path without slashes at the end": "websocket",
    "path with a slash": "websocket",
    "a path below": "websocket",
    "extra headers": "websocket",
    "query of lists and odd characters": "websocket",
    "per-message deflate offered": "websocket",
    "withCredentials": "websocket",
    "subprotocols": "websocket",
    "auth by a function": "websocket",
}
"""By the name of a set of options the transport that the client ends on."""


@pytest.fixture(scope="module")
def seen(node: NodeScripts, hosting: Hosting) -> Iterator[dict[str, Any]]:
    with serving_python("tests.interop.matrix_server", hosting) as url:
        yield node.observe("options_client.mjs", url)


@pytest.mark.parametrize("options", TRANSPORTS)
def test_a_client_with(seen: dict[str, Any], options: str) -> None:
    auth = {"token": "später"} if options == "auth by a function" else {}
    assert seen[options] == [TRANSPORTS[options], "grüß 😀", "00ff", 0, auth]
