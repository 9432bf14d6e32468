"""The Python client over each transport, and through the upgrade, against npm's socket.io 4.8 and
PyPI's python-socketio.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import pytest
from ackord.runtime.client import Manager

from tests.interop.conftest import NodeScripts, serving_module

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

NUMBERS: Final = 300
MODES: Final[dict[str, dict[str, Any]]] = {
    "polling": {"transports": ("polling",)},
    "no upgrade": {"transports": ("polling", "websocket"), "upgrade": False},
    "upgrade": {"transports": ("polling", "websocket")},
    "websocket": {"transports": ("websocket",)},
    "default": {},
    "compression": {"transports": ("websocket",), "compression": True},
}
LAST: Final = {"polling": "polling", "no upgrade": "polling"}


@pytest.fixture(scope="module", params=["npm", "python-socketio"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "npm":
        node: NodeScripts = request.getfixturevalue("node")
        with node.serving("transports_server.mjs") as served:
            yield served
    else:
        with serving_module("tests.interop.transports_server") as served:
            yield served


@pytest.mark.parametrize("mode", MODES)
def test_every_event_and_every_answer_arrives_once_and_in_order(url: str, mode: str) -> None:
    async def scenario() -> None:
        manager = Manager(url, proxy=None, **MODES[mode])
        client = manager.socket()
        numbers: list[tuple[int, object]] = []

        @client.on("number")
        def number(number: int, value: object) -> None:  # pyright: ignore[reportUnusedFunction]  # registered
            numbers.append((number, value))

        async with client, asyncio.timeout(20):
            # All this happens while the upgrade goes on.
            flood = asyncio.ensure_future(client.emit_with_ack("flood", NUMBERS))
            echoes = [
                asyncio.ensure_future(client.emit_with_ack("echo", number, "ü" * 999, b"\x00\xff"))
                for number in range(40)
            ]
            assert await asyncio.gather(*echoes) == [
                (number, "ü" * 999, b"\x00\xff") for number in range(40)
            ]
            assert await flood == NUMBERS
            assert numbers == [
                (number, "text" if number % 3 else bytes([number & 255]))
                for number in range(NUMBERS)
            ]
            await asyncio.sleep(0.8)  # some heartbeats
            assert await client.emit_with_ack("transport") == LAST.get(mode, "websocket")
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    asyncio.run(scenario(), debug=True)
