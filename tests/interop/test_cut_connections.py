"""A connection is cut at any byte of the handshake, of CONNECT and of an event: each attempt ends
in an error that says why, and the next one works.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.errors import DisconnectedError

from tests.interop.alone import run_alone
from tests.interop.cutting_proxy import Cut, CuttingProxy, Direction, End
from tests.interop.peers import Peer
from tests.interop.transports import TRANSPORTS

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1200)]

STEPS: Final = (
    dict.fromkeys(TRANSPORTS, 1)
    if "ACKORD_THOROUGH" in os.environ
    # The requests of long-polling are long, and alike.
    else {"websocket": 23, "polling": 101, "upgrade": 101}
)
"""Bytes between two cuts."""
OPTIONS: Final[dict[str, Any]] = {"reconnection_delay": 0.01, "reconnection_delay_max": 0.05}


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer("npm") as running:
        yield running


async def carried(peer: Peer, transport: str) -> CuttingProxy:
    """Return a proxy that has carried one connection with one call, and its end."""
    async with CuttingProxy(peer.port) as proxy:
        manager = Manager(proxy.url, **TRANSPORTS[transport])
        async with manager.socket() as client:
            await client.emit_with_ack("echo", "x" * 50, b"\x01")
    return proxy


@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_wherever_a_connection_is_cut_the_next_use_works(
    peer: Peer, transport: str, direction: Direction, end: End, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes: set[str] = set()

    async def scenario() -> None:
        whole = (await carried(peer, transport)).carried[direction]
        for place in range(0, whole, STEPS[transport]):
            async with CuttingProxy(peer.port) as proxy:
                proxy.cut = Cut(direction, place, end)
                async with asyncio.timeout(20):
                    outcomes.add(
                        await use_twice(Manager(proxy.url, **OPTIONS, **TRANSPORTS[transport]))
                    )

    run_alone(scenario, caplog)
    assert outcomes >= {"the connection", "the call"}


async def use_twice(manager: Manager) -> str:
    """Connect and call until each has worked; return what failed on the way."""
    failed = "nothing"
    client = manager.socket()
    try:
        await client.connect()
    except DisconnectedError as error:
        failed = "the connection"
        check(error)
        await client.connect()
    values = ("x" * 50, b"\x01")
    try:
        assert await client.emit_with_ack("echo", *values) == values
    except DisconnectedError as error:
        failed = "the call"
        check(error)
        assert await client.emit_with_ack("echo", *values) == values
    await client.disconnect()
    return failed


def check(error: DisconnectedError) -> None:
    """See that an error says what happened, and doesn't quote what came."""
    assert re.search(
        "WebSocket|before the server opened a session|no answer from|no transport works|transport (close|error): .",
        str(error),
    ), error
    assert len(str(error)) < 300


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("joined", [False, True])
def test_a_server_that_says_nothing_any_more_is_a_ping_timeout(
    peer: Peer, transport: str, joined: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with CuttingProxy(peer.port) as proxy:
            manager = Manager(proxy.url, timeout=8, **OPTIONS, **TRANSPORTS[transport])
            client = manager.socket()
            if joined:
                await client.connect()
                proxy.cut = Cut("up", 0, "silence")
                with pytest.raises(DisconnectedError, match="ping timeout: no heartbeat") as caught:
                    await client.emit_with_ack("echo", 1)
            else:
                proxy.cut = Cut("down", b'"maxPayload":1000000}', "silence")
                with pytest.raises(DisconnectedError, match="ping timeout: no heartbeat") as caught:
                    await client.connect()
                await client.connect()
            assert caught.value.reason == "ping timeout"
            assert await client.emit_with_ack("echo", 1) == 1
            await client.disconnect()

    run_alone(scenario, caplog)
