"""What a client does with servers of three implementations, beyond what one connection carries
(tests/interop/test_transports.py): namespaces, refusals, and connections that end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest
from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.errors import ConnectRefusedError

from tests.interop.alone import run_alone
from tests.interop.cutting_proxy import CuttingProxy
from tests.interop.peers import PEERS, Peer
from tests.interop.transports import TRANSPORTS

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

NUMBERS: Final = 120
QUICK: Final[dict[str, Any]] = {"reconnection_delay": 0.05, "reconnection_delay_max": 0.2}


@pytest.fixture(scope="module", params=PEERS)
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    with Peer(request.param) as running:
        yield running


def answer_questions(client: ClientSocket) -> None:
    @client.on("question")
    async def question(*values: Any) -> Any:  # pyright: ignore[reportUnusedFunction]  # registered
        return {"you asked": list(values), "data": b"\x05\x06"}


def hear_news(client: ClientSocket) -> list[tuple[int, bytes]]:
    heard: list[tuple[int, bytes]] = []

    @client.on("news")
    def news(number: int, data: bytes, *_: str) -> None:  # pyright: ignore[reportUnusedFunction]  # registered
        heard.append((number, data))

    return heard


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_namespaces_share_a_connection_and_answer_both_ways(
    peer: Peer, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with Manager(peer.url, **TRANSPORTS[transport]) as manager:
            main, second = manager.socket(), manager.socket("/second")
            opened: list[None] = []
            manager.on("open", lambda: opened.append(None))
            answer_questions(main)
            answer_questions(second)
            await asyncio.gather(main.connect(), second.connect())
            values = [7, "ü", {"deep": [b"\x00\xff", None]}]
            for client in (main, second):
                assert await client.emit_with_ack("echo", *values) == tuple(values)
                assert await client.emit_with_ack("ask", *values) == {
                    "you asked": values,
                    "data": b"\x05\x06",
                }
            # What is said in one namespace isn't heard in the other.
            heard = [hear_news(client) for client in (main, second)]
            assert await main.emit_with_ack("enter", "room") == "/"
            assert await second.emit_with_ack("enter", "room") == "/second"
            await second.emit_with_ack("publish", "room", 1, b"\x01")
            await main.emit_with_ack("publish", "room", 2, b"\x02")
            assert heard == [[(2, b"\x02")], [(1, b"\x01")]]
            assert len(opened) == 1

    run_alone(scenario, caplog)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_refusal_has_its_data_and_leaves_other_namespaces_alone(
    peer: Peer, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with Manager(peer.url, **TRANSPORTS[transport]) as manager:
            main, private = manager.socket(), manager.socket("/private", auth={"word": "wrong"})
            await main.connect()
            with pytest.raises(ConnectRefusedError, match="not welcome") as caught:
                await private.connect()
            assert caught.value.data == {"code": 42, "hint": ["a word", None]}
            assert not private.active
            assert await main.emit_with_ack("echo", 1) == 1
            private.auth = {"word": "sesame"}
            await private.connect()
            assert await private.emit_with_ack("echo", 2) == 2

    run_alone(scenario, caplog)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_client_that_the_server_disconnects_does_not_come_back_by_itself(
    peer: Peer, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with Manager(peer.url, **QUICK, **TRANSPORTS[transport]) as manager:
            main, second = manager.socket(), manager.socket("/second")
            await asyncio.gather(main.connect(), second.connect())
            attempts: list[int] = []
            manager.on("reconnect_attempt", attempts.append)
            reasons: asyncio.Queue[str] = asyncio.Queue()
            main.on("disconnect", reasons.put_nowait)
            main.emit("leave")
            assert await reasons.get() == "io server disconnect"
            assert not main.active
            assert await second.emit_with_ack("echo", 1) == 1
            await main.connect()
            assert await main.emit_with_ack("echo", 2) == 2
            assert attempts == []

    run_alone(scenario, caplog)


# With long-polling a server notices a cut at the next poll only, perhaps after the client is back.
@pytest.mark.parametrize("transport", ["websocket", "upgrade"])
@pytest.mark.parametrize("name", [each for each in PEERS if each != "python-socketio"])
def test_a_recovered_client_gets_what_it_missed_once_and_in_order(
    name: str, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        writer = Manager(server.url).socket()
        async with CuttingProxy(server.port) as proxy, writer:
            manager = Manager(proxy.url, **QUICK, **TRANSPORTS[transport])
            reader = manager.socket()
            heard = hear_news(reader)
            async with reader:
                await reader.emit_with_ack("enter", "room")
                known = reader.id
                for round_ in range(3):
                    first = round_ * 20
                    for number in range(first, first + 10):
                        await writer.emit_with_ack("publish", "room", number, bytes([number]))
                    await reader.emit_with_ack("echo")
                    again = asyncio.Event()
                    reader.once("connect", again.set)
                    proxy.refusing = True
                    proxy.end_all()
                    for number in range(first + 10, first + 20):
                        await writer.emit_with_ack("publish", "room", number, bytes([number]))
                    proxy.refusing = False
                    await again.wait()
                    assert (reader.recovered, reader.id) == (True, known)
                await reader.emit_with_ack("echo")
            assert heard == [(number, bytes([number])) for number in range(60)]

    with Peer(name, "--recovery") as server:
        run_alone(scenario, caplog)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("name", PEERS)
def test_with_retries_every_event_is_handled_in_order_though_the_server_crashes(
    name: str, transport: str, caplog: pytest.LogCaptureFixture, record_property: Any
) -> None:
    """An event whose acknowledgement was lost is sent, and handled, again: docs/client.md has
    that.
    """
    answers: list[int] = []

    async def scenario() -> None:
        manager = Manager(server.url, retries=50, ack_timeout=10, **QUICK, **TRANSPORTS[transport])
        reconnects: list[int] = []
        manager.on("reconnect", reconnects.append)
        async with manager.socket() as client:
            calls = [
                asyncio.ensure_future(client.emit_with_ack("note", number))
                for number in range(NUMBERS)
            ]
            for call in calls:
                call.add_done_callback(lambda done: answers.append(done.result()))
            for crash in (NUMBERS // 4, NUMBERS // 2):
                await calls[crash]
                await asyncio.to_thread(server.restart)
            await asyncio.gather(*calls)
        assert len(reconnects) == 2

    with Peer(name) as server:
        run_alone(scenario, caplog)
    assert answers == list(range(NUMBERS))
    firsts = list(dict.fromkeys(server.noted))
    assert firsts == list(range(NUMBERS))
    again = {number: count for number, count in Counter(server.noted).items() if count > 1}
    record_property("handled again", again)
    # One event is on its way at a time: a crash can make one of them happen again.
    assert sum(count - 1 for count in Counter(server.noted).values()) <= 2, again
    assert server.noted == sorted(server.noted)
