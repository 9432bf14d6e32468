"""What npm socket.io-client sees of dynamic namespaces, acknowledged broadcasts, middlewares of
events and of a server that stops.
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
    with serving_python("tests.interop.features_server", hosting) as url:
        yield node.observe("features_client.mjs", url)


def test_dynamic_namespaces_are_joined_by_name(seen: dict[str, Any]) -> None:
    assert seen["dynamic"] == ["/dynamic-1", {"number": "1"}]
    assert seen["no such name"] == "Invalid namespace"
    assert seen["predicate"] is True
    assert seen["predicate refuses"] == "Invalid namespace"


def test_a_broadcast_says_who_answered_what_and_who_did_not(seen: dict[str, Any]) -> None:
    assert seen["broadcast"] == {
        "answers": {"a": {"polling": 2}, "b": [{"type": "Buffer", "data": [2, 1]}, "two"]},
        "missing": ["silent"],
        "timed_out": True,
    }
    assert seen["one leaves"] == {"missing": ["silent"], "timed_out": False}


def test_a_middleware_answers_the_client(seen: dict[str, Any]) -> None:
    assert seen["middleware"] == {
        "error": {"code": "forbidden", "message": "Not for you", "data": {"given": [1]}}
    }


def test_a_server_that_stops_finishes_its_work_and_closes_the_transports(
    seen: dict[str, Any], hosting: Hosting
) -> None:
    # Plain uvicorn closes the WebSockets and breaks off the polls that wait before it tells the
    # application: this is what our host is for.
    assert seen["work"] in {
        "done",
        *(["socket has been disconnected"] if hosting is Hosting.PLAIN else []),
    }
    assert set(seen["reasons"]) <= {
        "transport close",
        *(["transport error"] if hosting is Hosting.PLAIN else []),
    }
