"""npm's socket.io-client 4.8 talks to a server with two workers."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.conftest import NodeScripts
from tests.runtime.hosting.crew import running

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
def test_clients_reach_their_worker_over_each_transport(
    node: NodeScripts, transports: list[str]
) -> None:
    async def main() -> None:
        async with running() as crew:
            url = f"http://127.0.0.1:{crew.port}"
            seen = await asyncio.to_thread(node.observe, "workers_client.mjs", url, *transports)
            assert seen == {"workers": [2], "echoed": [400], "told": [20]}

    asyncio.run(main())
