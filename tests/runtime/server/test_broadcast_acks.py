"""Broadcasts that ask for acknowledgements."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from ackord.runtime.errors import AckTimeoutError
from ackord.runtime.protocol.socketio.event import encode_plain_event
from ackord.runtime.server import Answers, BroadcastTimeoutError, Limits, Server, Socket
from ackord.runtime.testing import RawPeer

from tests.runtime.server.stage import Stage, play


async def crowd(stage: Stage, count: int) -> tuple[list[RawPeer], list[str]]:
    joined = [await stage.join() for _ in range(count)]
    return [peer for peer, _ in joined], [sid for _, sid in joined]


def awaited(server: Server) -> int:
    """Count the acknowledgements that sockets wait for."""
    return sum(socket._awaited_acks for socket in server.main.sockets.values())


def test_everybody_is_asked_under_one_id_and_it_shows_who_said_what() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b, c), (sid_a, sid_b, sid_c) = await crowd(stage, 3)
        asking = asyncio.create_task(server.emit_with_ack("question", b"\x01"))
        for peer in (a, b, c):
            await peer.expect('451-0["question",{"_placeholder":true,"num":0}]', b"\x01")
        for peer, answer in ((c, "430[3]"), (a, "430[]"), (b, '430["one","two"]')):
            await peer.send(answer)
            await asyncio.sleep(1)
        answers = await asking
        assert list(answers) == [3, None, ("one", "two")]
        assert answers.by_sid == {sid_c: 3, sid_a: None, sid_b: ("one", "two")}
        assert answers.missing == frozenset()
        assert awaited(server) == 0

    play(server, scenario)


def test_only_those_who_are_meant_are_asked() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b, c), sids = await crowd(stage, 3)
        for sid in sids[:2]:
            server.main.sockets[sid].join("room")
        asking = asyncio.create_task(server.main.sockets[sids[0]].to("room").emit_with_ack("q"))
        await b.expect('420["q"]')
        await b.send('430["b"]')
        assert (await asking).by_sid == {sids[1]: "b"}
        asking = asyncio.create_task(
            server.except_("room").local.compress(False).emit_with_ack("q")
        )
        await c.expect('421["q"]')
        await c.send('431["c"]')
        assert (await asking).by_sid == {sids[2]: "c"}
        await a.expect_silence(1)

    play(server, scenario)


def test_nobody_to_ask_is_an_empty_result_at_once() -> None:
    server = Server()

    async def scenario(_: Stage) -> None:
        before = asyncio.get_running_loop().time()
        answers = await server.to("nobody").timeout(10).emit_with_ack("q")
        assert list(answers) == []
        assert answers.by_sid == {}
        assert asyncio.get_running_loop().time() == before

    play(server, scenario)


def test_after_the_timeout_the_error_holds_what_came_and_says_who_is_missing() -> None:
    """Socket.IO can't tell who didn't answer (socketio/socket.io#4967)."""
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b, _), (sid_a, sid_b, sid_c) = await crowd(stage, 3)
        loop = asyncio.get_running_loop()
        started = loop.time()
        asking = asyncio.create_task(server.timeout(5).emit_with_ack("q"))
        await a.expect('420["q"]')
        await a.send('430["a"]')
        with pytest.raises(
            BroadcastTimeoutError,
            match=r"2 of 3 sockets didn't acknowledge the broadcast within 5 s",
        ) as caught:
            await asking
        assert loop.time() == started + 5
        assert isinstance(caught.value, AckTimeoutError)
        assert list(caught.value.answers) == ["a"]
        assert caught.value.answers.by_sid == {sid_a: "a"}
        assert caught.value.answers.missing == {sid_b, sid_c}
        assert awaited(server) == 0
        await b.expect('420["q"]')
        await b.send('430["late"]', '42["still there"]', '421["x"]')
        await b.expect(
            '431[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'
        )

    play(server, scenario)


def test_the_default_timeout_is_that_of_single_sockets() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        await stage.join()
        started = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await server.emit_with_ack("q")
        assert asyncio.get_running_loop().time() == started + 20
        with pytest.raises(TimeoutError):
            await server.emit_with_ack("q", timeout=1)
        assert asyncio.get_running_loop().time() == started + 21

    play(server, scenario)


def test_whoever_leaves_is_missing_at_once_and_keeps_nobody_waiting() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b, c), (sid_a, sid_b, sid_c) = await crowd(stage, 3)
        loop = asyncio.get_running_loop()
        started = loop.time()
        asking = asyncio.create_task(server.emit_with_ack("q"))
        await a.expect('420["q"]')
        await b.close()
        await c.send("41")
        await a.send('430["a"]')
        answers = await asking
        assert loop.time() == started
        assert answers.by_sid == {sid_a: "a"}
        assert answers.missing == {sid_b, sid_c}

    play(server, scenario)


def test_a_callback_gets_an_error_or_none_and_the_answers() -> None:
    server = Server()
    told: list[tuple[BroadcastTimeoutError | None, Answers]] = []

    async def scenario(stage: Stage) -> None:
        (a, b), sids = await crowd(stage, 2)
        server.timeout(2).emit("q", ack=lambda error, answers: told.append((error, answers)))
        server.to(sids[0]).send("hello", ack=lambda error, answers: told.append((error, answers)))
        await a.expect('420["q"]', '421["message","hello"]')
        await a.send("430[1]", '431["hello"]')
        await b.expect('420["q"]')
        await asyncio.sleep(3)
        (first, answers), (second, partial) = told
        assert first is None
        assert list(answers) == ["hello"]
        assert isinstance(second, BroadcastTimeoutError)
        assert list(partial) == [1]
        assert second.answers is partial
        assert partial.missing == {sids[1]}
        server.to("nobody").emit("q", ack=lambda error, answers: told.append((error, answers)))
        assert told[2] == (None, ())

    play(server, scenario)


def test_an_answer_that_is_no_json_ends_that_connection_only() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b), (sid_a, sid_b) = await crowd(stage, 2)
        asking = asyncio.create_task(server.emit_with_ack("q"))
        await a.expect('420["q"]')
        await b.expect('420["q"]')
        await a.send("430[1")
        await a.expect_close(timeout=0.2)
        await b.send("430[2]")
        answers = await asking
        assert answers.by_sid == {sid_b: 2}
        assert answers.missing == {sid_a}

    play(server, scenario)


def test_volatile_asks_only_those_who_can_be_asked_now() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, b), (sid_a, sid_b) = await crowd(stage, 2)
        server.main.sockets[sid_a].emit("busy")
        asking = asyncio.create_task(server.volatile.emit_with_ack("q"))
        await b.expect('420["q"]')
        await b.send("430[2]")
        answers = await asking
        assert answers.by_sid == {sid_b: 2}
        assert answers.missing == {sid_a}
        await a.expect('42["busy"]')
        await a.expect_silence(1)

    play(server, scenario)


def test_a_socket_that_owes_too_many_answers_is_not_asked() -> None:
    server = Server(limits=Limits(pending_acks=2))

    async def scenario(stage: Stage) -> None:
        (a, b), (sid_a, _) = await crowd(stage, 2)
        for _ in range(2):
            server.main.sockets[sid_a].emit("never answered", ack=print)
        asking = asyncio.create_task(server.emit_with_ack("q"))
        await b.expect('422["q"]')
        await b.send("432[2]")
        assert (await asking).missing == {sid_a}
        await a.expect('420["never answered"]', '421["never answered"]')
        await a.expect_silence(1)

    play(server, scenario)


def test_replies_for_the_typed_layer_are_decoded_as_it_says() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        (a, _), (sid_a, sid_b) = await crowd(stage, 2)
        asking = asyncio.create_task(
            server.main.to(sid_a, sid_b).request(
                encode_plain_event("q", []), lambda reply: reply, 1
            )
        )
        await a.expect('420["q"]')
        await a.send('461-0[{"_placeholder":true,"num":0}]', b"\x01")
        gathered = await asking
        assert gathered.replies == {sid_a: ('[{"_placeholder":true,"num":0}]', (b"\x01",))}
        assert gathered.missing == (sid_b,)
        assert gathered.timed_out

    play(server, scenario)


def test_a_caller_that_no_longer_waits_leaves_nothing_behind() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        await crowd(stage, 3)
        asking = asyncio.create_task(server.emit_with_ack("q", timeout=1000))
        await asyncio.sleep(1)
        assert awaited(server) == 3
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert awaited(server) == 0

    play(server, scenario)


@pytest.mark.usefixtures("young_heap")
def test_the_memory_of_a_broadcast_that_timed_out_is_freed() -> None:
    """Until 4.8.4 Socket.IO kept the callbacks of broadcasts that nobody answered."""

    class Large:
        def __call__(self, *_: Any) -> None: ...

    server = Server()

    def ask() -> weakref.ref[Large]:
        callback = Large()
        server.timeout(1).emit("q", ack=callback)
        return weakref.ref(callback)

    async def scenario(stage: Stage) -> None:
        peers, _ = await crowd(stage, 3)
        kept = [ask() for _ in range(100)]
        assert awaited(server) == 300
        await asyncio.sleep(2)
        gc.collect()
        assert awaited(server) == 0
        assert [reference for reference in kept if reference() is not None] == []
        assert len(peers) == 3

    play(server, scenario)


def test_a_handler_may_ask_the_others() -> None:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("poll")
        async def poll() -> list[Any]:
            return list(await socket.broadcast.emit_with_ack("vote"))

    async def scenario(stage: Stage) -> None:
        (a, b, c), _ = await crowd(stage, 3)
        await a.send('427["poll"]')
        for peer, vote in ((b, "yes"), (c, "no")):
            await peer.expect('420["vote"]')
            await peer.send(f'430["{vote}"]')
        await a.expect('437[["yes","no"]]')

    play(server, scenario)
