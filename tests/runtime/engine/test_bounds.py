"""What clients can make the engine hold: counted, and measured in memory."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Site

FULL = '{"code":3,"message":"Too many connections"}'


def test_half_open_sessions_are_counted_until_their_clients_speak_or_go() -> None:
    async def scenario() -> None:
        site = Site()
        queries = [await site.open_polling() for _ in range(2)]
        websocket = await site.open_websocket()
        assert site.engine.half_open == 3
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


ATTACKER, OTHER, STRANGER, PROXY = "203.0.113.1", "203.0.113.2", "203.0.113.3", "10.0.0.1"


class Crowd:
    """Clients of many addresses, and who of them is still there."""

    def __init__(self, **options: Any) -> None:
        self.site = Site(**options)
        self.addresses: list[str] = []

    async def open(
        self, address: str, count: int = 1, *, speaks: bool = False, **headers: str
    ) -> None:
        for _ in range(count):
            kind: dict[str, Any] = {
                "headers": {name.replace("_", "-"): value for name, value in headers.items()},
                "client": (address, 1),
            }
            websocket = await self.site.websocket(**kind)
            self.addresses.append(address)
            if speaks:
                websocket.send("4hello")
                await asyncio.sleep(0.01)

    @property
    def left(self) -> str:
        """The addresses of the sessions that are open, the oldest first, by their last letters."""
        return "".join(
            address[-1]
            for address, recorder in zip(self.addresses, self.site.recorders, strict=True)
            if not recorder.ends
        )


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([(ATTACKER, 3)], "111"),  # nobody is asked below half of the bound
        ([(ATTACKER, 9)], "111111"),  # an only client has the half
        ([(ATTACKER, 2), (OTHER, 1), (ATTACKER, 9), (STRANGER, 1)], "21113"),
        ([(ATTACKER, 9), (PROXY, 9), (ATTACKER, 1)], "11111" + "1" * 5),
        (
            [(PROXY, 12), (STRANGER, 1)],
            "1" * 9 + "3",
        ),  # whose is whose isn't known: the oldest goes
        ([(f"198.51.100.{number}", 1) for number in range(20)], "0123456789"),
        ([(f"2001:db8::{number}", 1) for number in range(10)] + [("2001:db8:0:1::5", 1)], "567895"),
        ([("::ffff:203.0.113.1", 9), (ATTACKER, 1)], "111111"),
    ],
)
def test_who_has_most_of_the_half_open_sessions_loses_the_oldest(
    steps: list[tuple[str, int]], left: str
) -> None:
    async def scenario() -> None:
        crowd = Crowd(max_half_open=10)
        for address, count in steps:
            await crowd.open(address, count)
        assert crowd.left == left

    run(scenario())


SPEAKING = "speaking"


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([(ATTACKER, 8, SPEAKING), (STRANGER, 1)], "11111113"),
        (
            [(ATTACKER, 8, SPEAKING), (STRANGER, 1), (ATTACKER, 9)],
            "11111131",
        ),  # who is new isn't put out by those who were there
        (
            [
                (ATTACKER, 4, SPEAKING),
                (OTHER, 4, SPEAKING),
                (STRANGER, 1, SPEAKING),
                (OTHER, 1, SPEAKING),
            ],
            "11122232",
        ),
        (
            [(f"198.51.100.{number}", 1, SPEAKING) for number in range(7)]
            + [(ATTACKER, 1), (STRANGER, 1, SPEAKING)],
            "01234563",
        ),
        (
            [(f"198.51.100.{number}", 1, SPEAKING) for number in range(8)] + [(STRANGER, 1)],
            "01234567!",
        ),
        ([(PROXY, 8, SPEAKING), (STRANGER, 1)], "11111113"),
        ([(PROXY, 8, SPEAKING), (PROXY, 1)], "11111111!"),
        (
            [(PROXY, 4, SPEAKING), (STRANGER, 1, SPEAKING), (OTHER, 3, SPEAKING), (PROXY, 1)],
            "1111322" + "1",
        ),
        (
            [
                (PROXY, 3, SPEAKING),
                *((f"198.51.100.{number}", 1, SPEAKING) for number in range(5)),
                (STRANGER, 1),
            ],
            "11101234!",
        ),
    ],
)
def test_at_most_so_many_sessions_are_open_and_a_newcomer_finds_room_where_somebody_has_too_many(
    steps: list[tuple[str, int] | tuple[str, int, str]], left: str
) -> None:
    async def scenario() -> None:
        crowd = Crowd(max_connections=8)
        refused = ""
        for address, count, *how in steps:
            try:
                await crowd.open(address, count, speaks=how == [SPEAKING])
            except DeniedError as error:
                refused = "!" if (error.status, error.body.decode()) == (503, FULL) else "?"
        assert crowd.left + refused == left

    run(scenario())


def test_a_peer_that_may_be_a_proxy_is_named_once_with_the_option_that_tells_its_clients_apart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        crowd = Crowd(max_half_open=2, max_connections=3)
        await crowd.open(STRANGER, 3, x_forwarded_for="198.51.100.7")
        await crowd.open(PROXY, 30, x_forwarded_for="198.51.100.7")
        for _ in range(3):
            await crowd.open(PROXY, speaks=True)
        with pytest.raises(DeniedError):
            await crowd.open(PROXY)
        lines = [
            record.getMessage()
            for record in caplog.records
            if record.name == "ackord.runtime.engine"
        ]
        assert all("name your proxies in trusted_proxies" in line for line in lines)
        assert ["max_half_open" in line for line in lines] == [True, False, False]
        assert "'203.0.113.3'" in lines[0]
        assert "'10.0.0.1'" in lines[2]
        assert "refused with 503; raise max_connections" in lines[2]

    run(scenario())
    assert EngineOptions(max_connections=7).connections == 7
    assert 1 <= EngineOptions().connections <= 100_000


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
        assert [recorder.log for recorder in site.recorders] == [
            ["4a", "4b", b"c"],
            ["4a", "4b", "4c"],
        ] * 10

    run(scenario())


@pytest.mark.slow
def test_thousands_of_half_open_handshakes_cost_a_few_kilobytes_each() -> None:
    async def scenario() -> None:
        site = Site(max_half_open=3000, max_connections=100_000)
        await site.open_polling()
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for number in range(4000):
                client = (f"192.0.{number // 250}.{number % 250}", 1)
                headers = {"user-agent": "x" * 100, "accept": "*/*", "host": "chat.example"}
                await site.get("EIO=4&transport=polling", headers=headers, client=client)
            assert site.engine.sessions == 3000
            gc.collect()
            each = (tracemalloc.get_traced_memory()[0] - before) / 3000
            assert each < 5500
            await asyncio.sleep(46)
            assert site.engine.sessions == 0
            site.recorders.clear()
            gc.collect()
            assert (
                tracemalloc.get_traced_memory()[0] - before < 900_000
            )  # the empty tables of sessions keep their size
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
