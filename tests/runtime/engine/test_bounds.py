"""What clients can make the engine hold: counted, and measured in memory."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import pytest
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Site

FULL = '{"code":3,"message":"Too many handshakes"}'


def test_half_open_sessions_are_bounded_until_their_clients_speak_or_go() -> None:
    async def scenario() -> None:
        site = Site(max_half_open=3)
        queries = [await site.open_polling() for _ in range(2)]
        websocket = await site.open_websocket()
        assert site.engine.half_open == 3
        response = await site.get("EIO=4&transport=polling")
        assert (response.status, response.text) == (503, FULL)
        with pytest.raises(DeniedError) as info:
            await site.websocket()
        assert info.value.status == 503
        # Neither what isn't a message nor an upgrade says that somebody is there.
        await site.post(queries[0], b"3\x1e6")
        upgrade = await site.websocket(queries[0].replace("=polling", "=websocket"))
        upgrade.send("2probe")
        assert await upgrade.receive() == "3probe"
        upgrade.send("5")
        await asyncio.sleep(0.1)
        assert site.engine.half_open == 3
        upgrade.send("4a")
        websocket.send(b"a")
        await asyncio.sleep(0.1)
        assert site.engine.half_open == 1
        for _ in range(2):
            await site.open_polling()
        assert site.engine.half_open == 3
        await site.post(queries[1], b"1")
        await site.open_websocket()
        assert (site.engine.half_open, site.engine.sessions) == (3, 5)
        await asyncio.sleep(45)
        assert (site.engine.half_open, site.engine.sessions) == (0, 0)
        await site.open_polling()

    run(scenario())


def test_a_client_that_speaks_is_counted_once() -> None:
    async def scenario() -> None:
        site = Site(max_half_open=2)
        for _ in range(10):
            websocket = await site.open_websocket()
            for packet in ("4a", "4b", b"c"):
                websocket.send(packet)
            await asyncio.sleep(0.01)
            websocket.disconnect()
            await websocket.task
            query = await site.open_polling()
            await site.post(query, b"4a\x1e4b")
            await site.post(query, b"4c")
            await site.post(query, b"1")
        assert (site.engine.half_open, site.engine.sessions) == (0, 0)
        assert [recorder.log for recorder in site.recorders] == [["4a", "4b", b"c"], ["4a", "4b", "4c"]] * 10

    run(scenario())


def test_thousands_of_half_open_handshakes_cost_a_few_kilobytes_each() -> None:
    async def scenario() -> None:
        site = Site(max_half_open=3000)
        await site.open_polling()
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(4000):
                await site.get("EIO=4&transport=polling", headers={"user-agent": "x" * 100, "accept": "*/*", "host": "chat.example"})
            assert site.engine.sessions == 3000
            gc.collect()
            each = (tracemalloc.get_traced_memory()[0] - before) / 3000
            assert each < 5000
            await asyncio.sleep(46)
            assert site.engine.sessions == 0
            site.recorders.clear()
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < 200_000  # the empty table of sessions keeps its size
        finally:
            tracemalloc.stop()

    run(scenario())


@pytest.mark.slow
def test_ten_thousand_connects_and_disconnects_leave_nothing() -> None:
    async def scenario() -> None:
        site = Site(echo=True)

        async def once(number: int) -> None:
            if number % 3 == 0:
                websocket = await site.open_websocket()
                websocket.send("4a")
                assert await websocket.receive() == "4a"
                websocket.disconnect()
                await websocket.task
            elif number % 3 == 1:
                query = await site.open_polling()
                await site.post(query, b"4a")
                assert (await site.get(query)).text == "4a"
                await site.post(query, b"1")
            else:
                query, websocket = await site.probed()
                websocket.send("5")
                websocket.send("4a")
                assert await websocket.receive() == "4a"
                site.recorders[-1].socket.close()
                await websocket.closed()
            site.recorders.clear()

        for number in range(100):
            await once(number)
        gc.collect()
        objects = len(gc.get_objects())
        for number in range(10_000):
            await once(number)
        assert (site.engine.sessions, site.engine.half_open) == (0, 0)
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        gc.collect()
        assert len(gc.get_objects()) - objects < 500

    run(scenario())


def test_what_waits_for_a_poll_that_never_comes_is_bounded_in_memory() -> None:
    async def scenario() -> None:
        site = Site(max_buffered=1_000_000)
        await site.open_polling()
        recorder = site.recorder
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for number in range(1000):
                recorder.socket.send("4" + str(number) * 5000)
            await asyncio.sleep(1)
            assert recorder.ends == [("transport error", "slow consumer")]
            assert tracemalloc.get_traced_memory()[1] - before < 1_500_000
        finally:
            tracemalloc.stop()

    run(scenario())
