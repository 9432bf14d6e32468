"""Every CONNECT ends in exactly one answer, or in none because the client began anew, left or
went.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Limits, RefusalReply, Server, Socket
from typing_extensions import override

from tests.runtime.server.stage import Stage, check_empty, play

FAILED = '{"message":"Internal error","data":{"code":"internal"}}'


class OutcomeError(BaseException):
    """As test frameworks have them."""


class ForgetfulError(RefusalReply):
    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  # the point
        pass


def slow_server(seen: list[str], **options: Any) -> Server:
    """Make a server whose namespace ``/slow`` thinks for a second, and whose namespace ``/a`` has
    an echo.
    """
    server = Server(**options)

    @server.of("/a").on("connection")
    def connected(socket: Socket) -> None:
        socket.on("echo", lambda: "here")

    @server.of("/slow").use
    async def think(socket: Socket) -> None:
        seen.append("begun")
        socket.join("room")
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        seen.append("done")

    return server


def test_a_connect_while_an_earlier_one_is_pending_supersedes_it() -> None:
    seen: list[str] = []
    server = slow_server(seen)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/a")
        await peer.send("40/slow,")
        await asyncio.sleep(0.9)
        await peer.send("40/slow,", '42/a,1["echo"]')
        await peer.expect('43/a,1["here"]')
        await peer.expect_silence(0.9)
        answer = await peer.receive_text()
        await peer.expect_silence(5)
        assert seen == ["begun", "cancelled", "begun", "done"]
        (socket,) = server.of("/slow").sockets.values()
        assert answer == f'40/slow,{{"sid":"{socket.id}"}}'
        assert socket.rooms == {socket.id, "room"}
        await peer.send("40/slow,")
        await peer.expect_close(timeout=0.1)

    play(server, scenario)
    check_empty(server.of("/slow"))


def test_two_connects_in_one_breath_begin_anew_where_nobody_has_to_be_asked() -> None:
    server = Server()
    seen: list[str] = []
    server.of("/a")

    @server.on("connection")
    def connected(socket: Socket) -> None:
        seen.append("connection")
        socket.on("disconnect", seen.append)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/a")
        await peer.send("40", "40")
        first, second = await peer.receive_text(), await peer.receive_text()
        assert first != second
        (socket,) = server.main.sockets.values()
        assert second == f'40{{"sid":"{socket.id}"}}'
        assert seen == ["connection", "client namespace disconnect", "connection"]
        await peer.send("40")
        await peer.expect_close(timeout=0.1)

    play(server, scenario)
    check_empty(server.main)


def test_a_disconnect_gives_up_a_pending_connect() -> None:
    seen: list[str] = []
    server = slow_server(seen)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/a")
        await peer.send("40/slow,", "41/slow,")
        await peer.expect_silence(5)
        assert "done" not in seen
        check_empty(server.of("/slow"))
        await peer.send("40/slow,", '42/a,1["echo"]')
        await peer.expect('43/a,1["here"]')
        assert (await peer.receive_text()).startswith('40/slow,{"sid"')

    play(server, scenario)


def test_a_middleware_that_resists_its_cancellation_lets_nobody_in_any_more() -> None:
    server = Server()
    sockets: list[Socket] = []

    @server.use
    async def stubborn(socket: Socket) -> None:
        sockets.append(socket)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
        socket.join("room")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await asyncio.sleep(0.5)
        await peer.send("40")
        answer = await peer.receive_text()
        await peer.expect_silence(5)
        assert len(sockets) == 2
        assert answer == f'40{{"sid":"{sockets[1].id}"}}'
        assert list(server.main.sockets) == [sockets[1].id]

    play(server, scenario)
    check_empty(server.main)


def test_middlewares_of_connects_that_were_given_up_count_until_they_end() -> None:
    server = Server(limits=Limits(namespaces=3))
    running = 0

    @server.use
    async def stubborn(_: Socket) -> None:
        nonlocal running
        running += 1
        for _attempt in range(2):
            try:
                await asyncio.sleep(3)
            except asyncio.CancelledError:
                continue
        running -= 1

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        for _ in range(10):
            await peer.send("40")
            await asyncio.sleep(0)
        await peer.expect(*['44{"message":"Too many namespaces"}'] * 7)
        assert running == 3
        await asyncio.sleep(7)
        await peer.send("40")
        assert (await peer.receive_text()).startswith("40{")

    play(server, scenario)


def test_a_client_that_begins_anew_is_recovered_all_the_same() -> None:
    server = Server(connection_state_recovery=ConnectionStateRecovery())

    @server.use
    async def think(_: Socket) -> None:
        await asyncio.sleep(1)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        answer = await peer.receive_text()
        pid = answer.split('"pid":"')[1].removesuffix('"}')
        server.emit("news", 1)
        offset = (await peer.receive_text()).split(",")[-1].removesuffix("]")
        await peer.close()
        await asyncio.sleep(0.1)
        server.emit("news", 2)
        again = await stage.open()
        connect = f'40{{"pid":"{pid}","offset":{offset}}}'
        await again.send(connect)
        await asyncio.sleep(0.5)
        await again.send(connect)
        assert (await again.receive_text()).startswith('42["news",2')
        assert await again.receive_text() == answer
        await again.expect_silence(5)

    play(server, scenario)


def raise_cancelled(_: Socket) -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    future.result()


def raise_outcome(_: Socket) -> None:
    raise OutcomeError


def raise_forgetful(_: Socket) -> None:
    raise ForgetfulError


def refuse_with_a_set(_: Socket) -> None:
    raise RefusalReply("no", {1, 2})


def refuse_with_bytes(_: Socket) -> None:
    raise RefusalReply("no", b"bytes")


def cancel_itself(_: Socket) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


@pytest.mark.parametrize(
    "raiser",
    [
        raise_cancelled,
        raise_outcome,
        raise_forgetful,
        refuse_with_a_set,
        refuse_with_bytes,
        cancel_itself,
    ],
)
@pytest.mark.parametrize("place", ["plain", "async", "hook"])
def test_whatever_a_middleware_or_the_connect_hook_raises_is_answered(
    raiser: Any, place: str
) -> None:
    server = Server()

    async def middleware(socket: Socket, _: str | None = None) -> None:
        socket.join("room")
        await asyncio.sleep(0.1)
        raiser(socket)
        await asyncio.sleep(0.1)

    async def patient(_: Socket) -> None:
        await asyncio.sleep(0.1)

    if place == "hook":
        server.main.set_connect_hook(middleware)
    else:
        server.use(raiser if place == "plain" else middleware)
    server.use(patient)

    async def scenario(stage: Stage) -> None:
        server.of("/other")
        peer, _ = await stage.join("/other")
        await peer.send("40")
        await peer.expect(f"44{FAILED}")
        await peer.expect_silence(1)
        check_empty(server.main)
        await peer.send("40/other2,")
        await peer.expect('44/other2,{"message":"Invalid namespace"}')

    play(server, scenario)


def returning(answer: object, _: Socket) -> object:
    return answer


def test_a_middleware_may_return_anything() -> None:
    server = Server()
    for answer in ({1, 2}, 0, "text"):
        middleware: Any = partial(returning, answer)
        server.use(middleware)

    async def scenario(stage: Stage) -> None:
        await stage.join()

    play(server, scenario)


@pytest.mark.parametrize("raised", [ValueError, OutcomeError, asyncio.CancelledError])
def test_whatever_a_predicate_raises_is_answered(raised: type[BaseException]) -> None:
    server = Server()

    def predicate(_: str) -> bool:
        raise raised

    server.of(predicate)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40/x,")
        await peer.expect(f"44/x,{FAILED}")

    play(server, scenario)


class BrokenAdapter(MemoryAdapter):
    broken = True

    @override
    def add_all(self, sid: str, rooms: Iterable[str]) -> None:
        super().add_all(sid, rooms)
        if self.broken:
            raise OSError("no way to the other servers")


@pytest.mark.parametrize("at_once", [True, False])
def test_an_adapter_that_fails_is_answered_and_nothing_is_left(
    at_once: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(adapter=BrokenAdapter)
    if not at_once:

        @server.use
        async def think(_: Socket) -> None:
            await asyncio.sleep(1)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await peer.expect(f"44{FAILED}")
        check_empty(server.main)
        assert isinstance(server.main.adapter, BrokenAdapter)
        server.main.adapter.broken = False
        await stage.enter(peer)

    play(server, scenario)
    assert len(caplog.records) == 1


def test_an_event_of_a_middleware_that_cannot_be_written_keeps_nobody_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parser = MsgpackParser()
    server = Server(parser=parser)

    @server.use
    async def early(socket: Socket) -> None:
        socket.emit("early", 10**400)
        socket.emit("early", 1)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send(parser.encode("40", ()))
        messages = [await peer.receive() for _ in range(2)]
        decoder = parser.make_decoder(10, 1000, 100)
        packets = [
            decoder.receive_binary(message) for message in messages if isinstance(message, bytes)
        ]
        assert [packet.payload for packet in packets if packet][1] == '["early",1]'
        assert len(server.main.sockets) == 1

    play(server, scenario)
    assert len(caplog.records) == 1
