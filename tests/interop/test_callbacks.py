"""Generated code talks to npm's socket.io 4.8, whose callbacks have several arguments or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.codegen.golden.other_apis.expected import (
    ApiClient,
    NodeStyleAck,
    RoomFull,
    SplitAck,
    StrictClient,
)
from tests.codegen.test_running_other_apis import HEADER, StrictPeer
from tests.interop.conftest import NodeScripts

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def npm_url(node: NodeScripts) -> Iterator[str]:
    with node.serving("callbacks_server.mjs") as url:
        yield url


def test_callbacks_of_node_are_named_tuples_in_python(npm_url: str) -> None:
    async def scenario() -> None:
        async with ApiClient(npm_url) as api:
            assert await api.send_header(HEADER) == HEADER
            assert [await api.node_style(which) for which in range(3)] == [
                NodeStyleAck(None, ["row"]),
                NodeStyleAck({"error": {"code": 1}}, None),
                NodeStyleAck(None, None),
            ]
            for room in ("null", "nothing"):
                await api.join_room(room)
        async with StrictClient(npm_url, handlers=StrictPeer()) as strict:
            assert await strict.split("a b") == SplitAck("a", ["b"], 1)
            assert await strict.split("full") == RoomFull(max_size=3)
            assert await strict.nothing() is None

    asyncio.run(scenario())
