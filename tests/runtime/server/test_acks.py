from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime import NO_ACK
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    SlowConsumerError,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server import Limits, Server
from ackord.runtime.sockets.outgoing import decode_answer

from tests.runtime.server.stage import Stage, play


def test_a_callback_takes_what_the_client_answers() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        answers: list[Any] = []

        def note(*values: Any) -> None:
            answers.append(values)

        async def coroutine(*values: Any) -> None:
            await asyncio.sleep(1)
            answers.append(values)

        socket = stage.server.main.sockets[sid]
        socket.emit("ask", 1, ack=note)
        socket.emit("ask", ack=coroutine)
        socket.send("hi", ack=answers.append)
        await peer.expect('420["ask",1]', '421["ask"]', '422["message","hi"]')
        await peer.send(
            '431["b"]', '430["a",{"x":1}]', '432["c"]', '430["again"]', '439["never asked"]', "43[]"
        )
        await asyncio.sleep(2)
        assert answers == [("a", {"x": 1}), "c", ("b",)]

    play(Server(), scenario)


def test_an_awaited_answer_is_one_value_a_tuple_of_several_or_none() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]

        async def ask(answer: str, *attachments: bytes) -> Any:
            task = asyncio.create_task(socket.emit_with_ack("ask"))
            packet = await peer.receive_text()
            number = packet.removeprefix("42").removesuffix('["ask"]')
            await peer.send(answer.replace("ID", number), *attachments)
            return await task

        assert await ask("43ID[]") is None
        assert await ask('43ID[{"a":1}]') == {"a": 1}
        assert await ask("43ID[null]") is None
        assert await ask("43ID[1,2]") == (1, 2)
        assert await ask('461-ID[{"a":{"_placeholder":true,"num":0}}]', b"\1") == {"a": b"\1"}
        with pytest.raises(InvalidAckError):
            await ask("43ID[1")
        await peer.expect_close(timeout=0.1)

    play(Server(), scenario)


def test_an_answer_that_does_not_come_in_time_raises_and_frees_the_entry() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(AckTimeoutError):
            await socket.emit_with_ack("ask", timeout=5)
        assert loop.time() - started == pytest.approx(5)
        with pytest.raises(TimeoutError):
            await socket.timeout(1).emit_with_ack("ask")
        outcomes: list[Any] = []

        def note_kind_and_values(error: Exception | None, *values: Any) -> None:
            outcomes.append((type(error), values))

        def note_all(error: Exception | None, *values: Any) -> None:
            outcomes.append((error, values))

        socket.timeout(2).emit("ask", ack=note_kind_and_values)
        await peer.expect('420["ask"]', '421["ask"]', '422["ask"]')
        await peer.send("430[]", "431[]")
        await asyncio.sleep(3)
        assert outcomes == [(AckTimeoutError, ())]
        await peer.send("432[1]")
        socket.timeout(2).emit("ask", ack=note_all)
        await peer.expect('423["ask"]')
        await peer.send("433[1,2]")
        await asyncio.sleep(3)
        assert outcomes[1:] == [(None, (1, 2))]

    play(Server(), scenario)


def test_whoever_waits_for_an_answer_learns_of_the_end_at_once() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        loop = asyncio.get_running_loop()
        outcomes: list[Any] = []

        def note_kind(error: Exception | None) -> None:
            outcomes.append(type(error))

        def never() -> None:
            outcomes.append("plain callbacks are not called")

        socket.timeout(60).emit("ask", ack=note_kind)
        socket.emit("ask", ack=never)
        task = asyncio.create_task(socket.emit_with_ack("ask", timeout=60))
        await peer.expect('420["ask"]', '421["ask"]', '422["ask"]')
        await peer.close()
        started = loop.time()
        with pytest.raises(DisconnectedError):
            await task
        assert loop.time() - started < 0.1
        assert outcomes == [DisconnectedError]
        with pytest.raises(ConnectionError):
            await socket.emit_with_ack("ask")
        with pytest.raises(DisconnectedError):
            await socket.request(EncodedEvent("ask", '["ask"]'), decode_answer, 1)
        socket.timeout(1).emit("ask", ack=note_kind)
        assert outcomes == [DisconnectedError, DisconnectedError]
        socket.emit("ask", ack=outcomes.append)

    play(Server(), scenario)


def test_an_abandoned_wait_frees_its_entry() -> None:
    async def scenario(stage: Stage) -> None:
        _, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await socket.emit_with_ack("ask", timeout=60)

    play(Server(limits=Limits(pending_acks=1)), scenario)


def test_the_number_of_awaited_answers_is_bounded() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        socket.emit("ask", ack=print)
        socket.emit("ask", ack=print)
        with pytest.raises(SlowConsumerError):
            socket.emit("ask", ack=print)
        with pytest.raises(SlowConsumerError):
            await socket.emit_with_ack("ask")
        await peer.send("430[]")
        await peer.expect('420["ask"]', '421["ask"]')
        await asyncio.sleep(0)
        socket.emit("ask", ack=print)

    play(Server(limits=Limits(pending_acks=2)), scenario)


def test_an_answer_that_is_no_json_ends_the_connection() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        outcomes: list[Any] = []

        def note_kind(error: Exception | None) -> None:
            outcomes.append(type(error))

        stage.server.main.sockets[sid].timeout(9).emit("ask", ack=note_kind)
        await peer.expect('420["ask"]')
        await peer.send("430[1")
        await peer.expect_close(timeout=0.1)
        assert outcomes == [InvalidAckError]

    play(Server(), scenario)


def test_a_callback_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        socket.on("x", lambda: 1)

        def broken(value: int) -> None:
            raise ValueError("broken callback")

        socket.emit("ask", ack=broken)
        await peer.expect('420["ask"]')
        await peer.send("430[1]", '421["x"]')
        await peer.expect("431[1]")

    play(Server(), scenario)
    assert "broken callback" in caplog.text


def test_a_reply_after_the_end_is_not_sent() -> None:
    server = Server()

    async def slow() -> str:
        await asyncio.sleep(5)
        return "late"

    server.on("connection", lambda socket: socket.on("slow", slow))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["slow"]', "41")
        await peer.expect_silence(10)

    play(server, scenario)


def test_a_listener_can_leave_an_event_unacknowledged() -> None:
    async def later(*_: Any) -> Any:
        await asyncio.sleep(1)
        return NO_ACK

    async def lying(value: Any) -> Any:
        return value

    def watch(*_: Any) -> None:
        pass

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        socket.on("plain", lambda: NO_ACK)
        socket.on("async", later)
        socket.on("concurrent", later, concurrent=True)
        socket.on("awaitable", lambda: lying(NO_ACK))
        socket.on("watched", lambda: NO_ACK)
        socket.once("once", lambda: NO_ACK)
        # As in JavaScript: who doesn't answer leaves it to the others.
        for listener in (lambda: NO_ACK, lambda: None, lambda: 5, lambda: 6):
            socket.on("several", listener)
        socket.on("none", lambda: None)
        socket.on("null", lambda: (None,))
        socket.on("array", lambda: [None])
        names = (
            "plain",
            "async",
            "concurrent",
            "awaitable",
            "once",
            "several",
            "none",
            "null",
            "array",
        )
        for number, name in enumerate(names):
            await peer.send(f'42{number}["{name}"]')
        await peer.expect("435[5]", "436[]", "437[null]", "438[[null]]")
        socket.on_any(watch)
        await peer.send('429["watched"]', '4210["none"]')
        await peer.expect("4310[]")

    play(Server(), scenario)


@pytest.mark.parametrize("value", [NO_ACK, (NO_ACK,), [1, NO_ACK]])
def test_no_ack_is_no_value(value: Any) -> None:
    async def scenario(stage: Stage) -> None:
        _, sid = await stage.join()
        with pytest.raises(InvalidPayloadError):
            stage.server.main.sockets[sid].emit("e", value)

    play(Server(), scenario)
