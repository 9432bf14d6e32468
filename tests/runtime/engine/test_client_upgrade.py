"""The client's upgrade from long-polling to a WebSocket, and where it is cut."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.engine.client import Connection
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, RawPeer, RawServer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.engine.client_harness import (
    PollingPeer,
    open_connection,
    run_alone,
)

POLLING_FIRST: dict[str, Any] = {"transports": ("polling", "websocket"), "timeout": 5}


def test_an_upgrade_by_the_letter() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        peer.post_delay = 1
        connection, recorder = await open_connection(server, **POLLING_FIRST)
        websocket = await server.accept()
        assert "transport=websocket" in websocket.url
        assert "sid=test" in websocket.url
        await websocket.expect("2probe")
        connection.send('42["by","POST"]')
        await asyncio.sleep(0.1)
        connection.send('42["waits","for the next POST"]')
        await websocket.send("3probe")
        await asyncio.sleep(0.1)
        assert not connection.writable
        connection.send('451-["held back"]', [b"\x01"])
        await websocket.expect_silence(0.2)
        assert peer.get is not None
        peer.say('42["last"]', "2")
        await websocket.expect("5", '42["waits","for the next POST"]')
        await websocket.expect('451-["held back"]', b"\x01", "3")
        assert connection.transport == "websocket"
        assert peer.posted == ['42["by","POST"]']
        await websocket.send('42["first"]', b"\x02")
        assert await recorder.wait_for(3) == ['42["last"]', '42["first"]', b"\x02"]
        await connection.close("io client disconnect")
        await websocket.expect_close()
        assert len(peer.urls) == 3
        await peer.close()

    run_alone(scenario)


async def close_at_once(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.close()


async def close_after_the_probe(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.close()


async def answer_something_else(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.send("3")


async def answer_with_a_message(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.send("3probe", '42["too early"]')


async def answer_nothing(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.expect_silence(4)


async def close_while_polling_pauses(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.send("3probe")
    await asyncio.sleep(0.1)
    await websocket.close()


async def let_polling_wait(websocket: RawPeer, _: PollingPeer) -> None:
    await websocket.expect("2probe")
    await websocket.send("3probe")
    await websocket.expect_close()


@pytest.mark.parametrize(
    "cut",
    [
        close_at_once,
        close_after_the_probe,
        answer_something_else,
        answer_with_a_message,
        answer_nothing,
        close_while_polling_pauses,
        let_polling_wait,
    ],
)
def test_an_upgrade_that_fails_leaves_long_polling_as_it_was(cut: Any) -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        connection, recorder = await open_connection(server, **POLLING_FIRST)
        sent: list[str] = []

        def emit(word: str) -> None:
            sent.append(f'42["{word}"]')
            connection.send(sent[-1])

        emit("before")
        websocket = await server.accept()
        cutting = asyncio.ensure_future(cut(websocket, peer))
        await asyncio.sleep(0.05)
        emit("during")
        await cutting
        await asyncio.sleep(3)
        emit("after")
        peer.say('42["one"]')
        peer.say('42["two"]')
        assert await recorder.wait_for(2) == ['42["one"]', '42["two"]']
        await asyncio.sleep(0.1)
        assert (peer.posted, connection.transport, recorder.ends) == (sent, "polling", [])
        await connection.close("io client disconnect")
        assert peer.posted == [*sent, "1"]
        await peer.close()

    run_alone(scenario)


def test_a_websocket_that_is_lost_after_the_upgrade_ends_the_connection() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        connection, recorder = await open_connection(server, **POLLING_FIRST)
        websocket = await server.accept()
        await websocket.expect("2probe")
        await websocket.send("3probe")
        await asyncio.sleep(0.1)
        peer.say("6")
        await websocket.expect("5")
        await websocket.close()
        await asyncio.sleep(0.1)
        assert [reason for reason, _ in recorder.ends] == ["transport close"]
        assert not connection.is_open
        await connection.wait_closed()
        await peer.close()

    run_alone(scenario)


@pytest.mark.parametrize("step", range(4))
def test_a_connection_that_ends_during_its_upgrade_leaves_nothing(step: int) -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        connection, recorder = await open_connection(server, **POLLING_FIRST)
        if step > 0:
            websocket = await server.accept()
            if step > 1:
                await websocket.expect("2probe")
            if step > 2:
                await websocket.send("3probe")
                await asyncio.sleep(0.1)
        connection.end("forced close")
        await connection.wait_closed()
        assert recorder.ends == [("forced close", None)]
        assert peer.get is None or peer.get.is_over
        await peer.close()

    run_alone(scenario)


@pytest.mark.parametrize(
    ("options", "open_packet"),
    [
        ({"transports": ("polling",)}, None),
        ({"upgrade": False}, None),
        ({}, '0{"sid":"x","upgrades":["webtransport"],"pingInterval":1000,"pingTimeout":1000}'),
    ],
)
def test_no_websocket_is_opened_where_there_is_no_upgrade(
    options: dict[str, Any], open_packet: str | None
) -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        peer.open_packet = open_packet or peer.open_packet
        connection, _ = await open_connection(server, **{**POLLING_FIRST, **options})
        with pytest.raises(TimeoutError):
            await server.accept(timeout=1)
        assert connection.transport == "polling"
        await connection.close("io client disconnect")
        await peer.close()

    run_alone(scenario)


class Echo:
    """Answers each message with itself, and keeps it."""

    congested = False

    def __init__(self, socket: EngineSocket, received: list[str]) -> None:
        self._socket = socket
        self._received = received

    def receive_text(self, packet: str) -> bool:
        self._received.append(packet)
        self._socket.send(packet)
        return True

    def receive_binary(self, data: bytes) -> bool:
        return True

    def closed(self, reason: str, description: str | None = None) -> None:
        pass

    async def ready(self) -> None:
        pass


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 0.001, 0.01, 0.06, 0.1, 0.2]), max_size=30))
def test_nothing_is_lost_or_overtaken_whenever_it_is_sent(pauses: list[float]) -> None:
    async def scenario() -> None:
        server = Server()
        received: list[str] = []

        def connect(socket: EngineSocket) -> Echo:
            return Echo(socket, received)

        server.engine._connect = connect
        connection, recorder = await open_connection(Link(server), **POLLING_FIRST)
        sent = await _send(connection, pauses)
        assert await recorder.wait_for(len(sent)) == sent
        assert received == sent
        await asyncio.sleep(1)
        assert connection.transport == "websocket"
        assert recorder.received == sent
        await connection.close("io client disconnect")

    run_alone(scenario)


async def _send(connection: Connection, pauses: list[float]) -> list[str | bytes]:
    sent: list[str | bytes] = []
    for number, pause in enumerate(pauses):
        sent.append(f'42["x",{number}]')
        connection.send(f'42["x",{number}]')
        await asyncio.sleep(pause)
    return sent
