"""What waits for handlers is bounded, and what is behind it is still reached where somebody waits
for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.client import connect
from ackord.runtime.errors import AckTimeoutError
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.testing import Link, RawPeer

from tests.runtime.server.stage import Stage, play


async def flood(peer: RawPeer, *messages: str | bytes, times: int) -> int:
    """Send messages again and again until nothing is read any more; return how often that went
    well.
    """
    sent = 0
    try:
        async with asyncio.timeout(1):
            while sent < times:
                await peer.send(*messages)
                sent += 1
    except TimeoutError:
        pass
    return sent


def test_attachments_count_among_the_bytes_that_wait() -> None:
    server = Server(limits=Limits(queued_bytes=4_000_000))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("stuck")
        async def stuck(_: bytes) -> None:
            await asyncio.Event().wait()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        sent = await flood(
            peer, '451-["stuck",{"_placeholder":true,"num":0}]', bytes(900_000), times=100
        )
        assert sent <= 6
        (connection,) = server.connections
        assert connection.backlog.events == 5

    play(server, scenario)


def asking(answers: list[Any], **limits: Any) -> Server:
    """Make a server whose first handler asks the client something."""
    server = Server(limits=Limits(**limits))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("x")
        async def handle(number: int) -> None:
            if number == 0:
                try:
                    answers.append(await socket.emit_with_ack("question", timeout=10))
                except AckTimeoutError as error:
                    answers.append(error)

    return server


def test_an_acknowledgement_is_reached_behind_more_events_than_may_wait() -> None:
    answers: list[Any] = []
    server = asking(answers)

    async def scenario(_: Stage) -> None:
        async with connect("http://test", connector=Link(server)) as client:
            client.on("question", lambda: "answer")
            for number in range(600):
                client.emit("x", number)
            await asyncio.sleep(1)
            assert answers == ["answer"]

    play(server, scenario)


def test_reading_goes_on_when_a_handler_begins_to_ask_and_stops_when_it_has_its_answer() -> None:
    server = Server(limits=Limits(queued_events=5))
    answers: list[Any] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("x")
        async def handle() -> None:
            await asyncio.sleep(5)
            answers.append(await socket.emit_with_ack("question"))
            await asyncio.Event().wait()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        sender = asyncio.create_task(flood(peer, '42["x"]', times=10))
        await asyncio.sleep(1)
        (connection,) = server.connections
        assert connection.congested
        assert await sender == 10  # on their way
        await asyncio.sleep(5)
        assert not connection.congested
        await peer.expect('420["question"]')
        await peer.send('430["answer"]')
        await asyncio.sleep(0.1)
        assert answers == ["answer"]
        assert connection.congested

    play(server, scenario)


def test_what_waits_while_acknowledgements_are_awaited_is_bounded_too() -> None:
    answers: list[Any] = []
    server = asking(answers, queued_events=5)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["x",0]')
        await peer.expect('420["question"]')
        for _ in range(100):
            await peer.send('42["x",1]')
        await asyncio.sleep(1)
        (connection,) = server.connections
        assert connection.congested
        assert connection.backlog.events == 21
        await peer.send("430[]")
        await asyncio.sleep(20)
        assert isinstance(answers[0], AckTimeoutError)
        assert not connection.congested

    play(server, scenario)


@pytest.mark.parametrize("ask", [False, True])
def test_a_client_that_goes_while_nothing_is_read_from_it_is_noticed(ask: bool) -> None:
    server = Server()
    reasons: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("disconnect", reasons.append)

        @socket.on("stuck")
        async def stuck() -> None:
            if ask:
                socket.emit("question", ack=lambda: None)
            await asyncio.Event().wait()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for _ in range(2000 if ask else 300):
            await peer.send('42["stuck"]')
        await asyncio.sleep(1)
        await peer.close()
        await asyncio.sleep(300)
        assert reasons == ["ping timeout"]
        assert not server.connections
        assert not server.main.sockets

    play(server, scenario)


def test_a_volatile_event_that_is_dropped_awaits_no_acknowledgement() -> None:
    server = Server(limits=Limits(pending_acks=3))
    called: list[object] = []

    def too_late(error: Exception) -> None:
        called.append(type(error))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("go")
        def go() -> None:
            socket.emit("fill")
            for number in range(10):
                socket.volatile.emit("dropped", number, ack=called.append)
            socket.volatile.timeout(5).emit("dropped", ack=too_late)
            socket.emit("normal", ack=called.append)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["go"]')
        await peer.expect('42["fill"]')
        packet = await peer.receive_text()
        assert packet.endswith('["normal"]')
        await peer.send(packet.replace("42", "43", 1))
        await asyncio.sleep(10)
        assert called == ["normal", AckTimeoutError]

    play(server, scenario)
