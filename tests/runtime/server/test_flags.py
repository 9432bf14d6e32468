"""What `volatile`, `compress`, `local` and `timeout` do, over WebSocket and long-polling."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.polled import begin_post, end_post, poll, receive_payload
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.errors import AckTimeoutError
from ackord.runtime.protocol.engineio.actions import AnswerPoll
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import run

from tests.runtime.server.stage import Stage, play

REQUEST = EngineRequest(
    url="/socket.io/?EIO=4&transport=polling",
    query={"EIO": "4", "transport": "polling"},
    headers={},
    address="",
)


def test_of_several_volatile_events_in_one_turn_only_the_first_goes_out() -> None:
    """As the reference's own tests have it: what was written first is still on its way."""
    server = Server()

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        for number in (1, 2, 3):
            socket.volatile.emit("x", number)
        server.volatile.emit("x", 4)
        await peer.expect('42["x",1]')
        await peer.expect_silence(1)
        server.to(sid).volatile.emit("x", 5, b"\x05")
        socket.volatile.emit("x", 6)
        await peer.expect('451-["x",5,{"_placeholder":true,"num":0}]', b"\x05")
        await peer.expect_silence(1)
        socket.emit("x", 7)
        socket.volatile.emit("x", 8)
        socket.emit("x", 9)
        await peer.expect('42["x",7]', '42["x",9]')
        await peer.expect_silence(1)

    play(server, scenario)


class Get:
    """A GET that waits for its answer."""

    def __init__(self, engine: EngineSession) -> None:
        self.answers: list[str] = []
        assert poll(engine, self)

    def answer(self, answer: AnswerPoll) -> None:
        self.answers.append(answer.payload)


class Post:
    """A POST whose body comes at once."""

    patience = 1.0

    def close(self) -> None:
        raise AssertionError("its body was there")


async def open_polling(server: Server) -> tuple[EngineSession, Socket]:
    """Open a session over long-polling and join a namespace."""
    engine = await server.engine.open_polling(REQUEST)
    assert Get(engine).answers[0].startswith("0{")
    assert begin_post(engine, Post())
    assert receive_payload(engine, b"40") is None
    end_post(engine)
    get = Get(engine)
    await asyncio.sleep(1)
    assert get.answers[0].startswith("40{")
    (socket,) = server.main.sockets.values()
    return engine, socket


def test_over_polling_a_volatile_event_needs_a_request_that_waits() -> None:
    server = Server()

    async def scenario() -> None:
        engine, socket = await open_polling(server)
        socket.volatile.emit("x", 1)
        server.volatile.emit("x", 2)
        get = Get(engine)
        await asyncio.sleep(1)
        assert get.answers == []
        socket.volatile.emit("x", 3)
        socket.volatile.emit("x", 4)
        await asyncio.sleep(1)
        assert get.answers == ['42["x",3]']
        await server.close()

    run(scenario())


def test_a_volatile_question_that_is_dropped_runs_into_its_timeout() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        socket.emit("busy")
        started = asyncio.get_running_loop().time()
        with pytest.raises(AckTimeoutError):
            await socket.volatile.timeout(5).emit_with_ack("q")
        assert asyncio.get_running_loop().time() == started + 5
        assert socket._awaited_acks == 0
        await peer.expect('42["busy"]')
        asking = asyncio.create_task(socket.volatile.emit_with_ack("q"))
        await peer.expect('421["q"]')
        await peer.send('431["now"]')
        assert await asking == "now"

    play(server, scenario)


def test_the_flag_compress_reaches_the_transport() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        sent: list[tuple[str, bool]] = []
        engine = socket.conn

        class Watching:
            """Passes everything on, and notes what it was asked to compress."""

            def __getattr__(self, name: str) -> Any:
                return getattr(engine, name)

            def send(self, packet: str) -> None:
                sent.append((packet, True))
                engine.send(packet)

            def send_prepared(self, prepared: Prepared) -> None:
                sent.append((prepared.text, prepared.compress))
                engine.send_prepared(prepared)

        socket.__setattr__("_engine", Watching())
        socket.emit("a")
        socket.compress(False).emit("b")
        socket.compress(False).emit("c", b"\x01")
        server.compress(False).emit("d")
        server.to(sid).compress(True).emit("e")
        server.compress(False).emit("f", ack=lambda error, answers: None)
        asking = asyncio.create_task(socket.compress(False).emit_with_ack("g"))
        await asyncio.sleep(0)
        asking.cancel()
        assert sent == [
            ('42["a"]', True),
            ('42["b"]', False),
            ('451-["c",{"_placeholder":true,"num":0}]', False),
            ('42["d"]', False),
            ('42["e"]', True),
            ('420["f"]', False),
            ('421["g"]', False),
        ]
        await peer.expect('42["a"]', '42["b"]')

    play(server, scenario)


def test_a_timeout_holds_for_what_follows_it() -> None:
    server = Server(ping_interval=1000)

    async def scenario(stage: Stage) -> None:
        _, sid = await stage.join()
        await stage.join()
        socket = server.main.sockets[sid]
        loop = asyncio.get_running_loop()
        questions: list[tuple[Coroutine[Any, Any, Any], float]] = [
            (socket.timeout(2).emit_with_ack("q"), 2),
            (socket.timeout(2).emit_with_ack("q", timeout=3), 3),
            (socket.timeout(4).broadcast.emit_with_ack("q"), 4),
            (server.timeout(5).except_(sid).local.emit_with_ack("q"), 5),
            (socket.emit_with_ack("q"), 20),
            (socket.broadcast.emit_with_ack("q"), 20),
        ]
        for question, seconds in questions:
            started = loop.time()
            with pytest.raises(AckTimeoutError):
                await question
            assert loop.time() == pytest.approx(started + seconds)

    play(server, scenario)
