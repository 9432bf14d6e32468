"""The end of a server, with time for what is under way."""

from __future__ import annotations

import asyncio

import pytest
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Site

SHUTTING_DOWN = [("server shutting down", None)]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_draining_answers_parked_polls_closes_websockets_and_takes_no_time() -> None:
    async def scenario() -> None:
        site = Site()
        polls = [site.park(await site.open_polling()) for _ in range(3)]
        websockets = [await site.open_websocket() for _ in range(3)]
        await settle()
        for recorder in site.recorders[3:]:
            recorder.socket.send("4last words")
        await site.engine.drain(5)
        assert [(await poll.response()).text for poll in polls] == ["1"] * 3
        for websocket in websockets:
            assert await websocket.receive() == "4last words"
            assert await websocket.closed() == 1000
        assert [recorder.ends for recorder in site.recorders] == [SHUTTING_DOWN] * 6
        assert (site.engine.sessions, site.engine.half_open) == (0, 0)
        assert asyncio.get_running_loop().time() < 0.1

    run(scenario())


def test_draining_waits_for_the_poll_that_fetches_what_is_left() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        site.recorder.socket.send("4last words")
        drained = asyncio.create_task(site.engine.drain(5))
        await asyncio.sleep(1)
        assert not drained.done()
        assert (await site.get("EIO=4&transport=polling")).status == 503
        assert (await site.get(query)).text == "4last words"
        assert (await site.get(query)).text == "6\x1e1"
        await drained
        assert asyncio.get_running_loop().time() == pytest.approx(1, abs=0.1)
        assert site.recorder.ends == SHUTTING_DOWN

    run(scenario())


def test_draining_gives_up_those_that_fetch_nothing() -> None:
    async def scenario() -> None:
        site = Site()
        await site.open_polling()
        slow = await site.open_websocket()
        slow.free.clear()
        site.recorders[1].socket.send("4nobody reads this")
        await site.engine.drain(5)
        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.1)
        assert [recorder.ends for recorder in site.recorders] == [SHUTTING_DOWN] * 2
        assert site.engine.sessions == 0

    run(scenario())


def test_draining_a_server_without_sessions_takes_no_time_and_it_can_be_opened_again() -> None:
    async def scenario() -> None:
        site = Site()
        await site.engine.drain(5)
        assert asyncio.get_running_loop().time() == 0
        site.engine.open()
        await site.open_polling()

    run(scenario())


def test_a_websocket_that_probes_learns_of_the_end() -> None:
    async def scenario() -> None:
        site = Site()
        query, websocket = await site.probed()
        drained = asyncio.create_task(site.engine.drain(5))
        assert (await site.get(query)).text == "6\x1e1"
        assert await websocket.closed() == 1000
        await drained
        assert site.recorder.ends == SHUTTING_DOWN

    run(scenario())
