"""Violations of Engine.IO v4 and how each ends, over both transports."""

from __future__ import annotations

import asyncio

import pytest
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Site

ROWS = [
    pytest.param("", "parse error", id="empty frame"),
    pytest.param("7", "parse error", id="unknown type"),
    pytest.param("abc", "parse error", id="unknown type, a letter"),
    pytest.param("²", "parse error", id="unknown type, a digit of another script"),
    pytest.param("b!", "parse error", id="binary that isn't base64"),
    pytest.param("2", "transport error", id="client PING"),
    pytest.param("2probe", "transport error", id="client PING with data"),
]


@pytest.mark.parametrize(("packet", "reason"), ROWS)
def test_row_eio_over_websocket(packet: str, reason: str) -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        other = await site.open_websocket()
        websocket = await site.open_websocket()
        for message in ("4before", packet, "4after"):
            websocket.send(message)
        assert await websocket.receive() == "4before"
        await websocket.closed()
        assert site.recorders[1].ends[0][0] == reason
        assert site.recorders[1].log == ["4before"]
        other.send("4still here")
        assert await other.receive() == "4still here"
        assert asyncio.get_running_loop().time() == 0

    run(scenario())


@pytest.mark.parametrize(("packet", "reason"), ROWS)
def test_row_eio_over_polling_earlier_packets_of_the_payload_count_and_later_ones_do_not(
    packet: str, reason: str
) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        poll = site.park(query)
        await asyncio.sleep(0)
        await site.post(query, f"4before\x1e{packet}\x1e4after".encode())
        assert (await poll.response()).text == "1"
        assert (await site.get(query)).text == '{"code":1,"message":"Session ID unknown"}'
        assert site.recorder.ends[0][0] == reason
        assert site.recorder.log == ["4before"]

    run(scenario())


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_row_nothing_sent_closes_after_the_ping_timeout(transport: str) -> None:
    async def scenario() -> None:
        site = Site()
        await (site.open_polling() if transport == "polling" else site.open_websocket())
        await asyncio.sleep(44.9)
        assert site.recorder.ends == []
        await asyncio.sleep(0.2)
        assert site.recorder.ends == [("ping timeout", None)]

    run(scenario())


@pytest.mark.parametrize("packet", ["0", "0{}", "3", "3probe", "5", "6"])
def test_packets_without_a_meaning_are_ignored_over_both_transports(packet: str) -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling()
        await site.post(query, f"{packet}\x1e4a".encode())
        assert (await site.get(query)).text == "4a"
        websocket = await site.open_websocket()
        websocket.send(packet)
        websocket.send("4a")
        assert await websocket.receive() == "4a"

    run(scenario())


def test_close_over_websocket_ends_the_session_at_once() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        websocket.send("1")
        await websocket.closed()
        assert site.recorder.ends == [("transport close", None)]

    run(scenario())
