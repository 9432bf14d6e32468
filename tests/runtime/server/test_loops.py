"""A server, and a client, in one event loop after the other: what outlives a loop must not disturb
the next one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from ackord.runtime.adapters import Adapter, LocalBus, LocalNamespace, MemoryAdapter, Target
from ackord.runtime.client import Manager
from ackord.runtime.errors import UsageError
from ackord.runtime.server import ConnectionStateRecovery, Server, Socket
from ackord.runtime.server.namespace import core_of
from ackord.runtime.testing import Link, RawServer, VirtualClockLoop, run

from tests.runtime.server.stage import Stage, check_empty

Scenario = Callable[[], Awaitable[None]]


def ignore(*_: object) -> None:
    pass


@pytest.fixture(autouse=True)
def quiet_garbage() -> Iterator[None]:
    """Let go of the coroutines of loops that were broken off after the test: they say that their
    loop is closed.
    """
    gc.freeze()  # what there was before costs no time then
    gc.disable()
    yield
    told, sys.unraisablehook = sys.unraisablehook, ignore
    try:
        gc.collect()
    finally:
        sys.unraisablehook = told
        gc.enable()


def run_whole(scenario: Scenario) -> None:
    """Run a scenario as `asyncio.run` does, which ends a loop with all that belongs to it."""
    run(scenario())  # type: ignore[arg-type]  # scenarios are coroutine functions


def run_and_break_off(scenario: Scenario) -> None:
    """Close a loop with everything left in it, as frameworks for tests do that don't know of
    tasks.
    """
    loop = VirtualClockLoop()
    loop.set_exception_handler(ignore)  # tasks that are destroyed while they wait
    loop.run_until_complete(scenario())
    loop.close()


def run_in_a_thread(scenario: Scenario) -> None:
    """Run a scenario in a thread of its own, as Starlette's TestClient does."""
    thread = threading.Thread(target=run_whole, args=(scenario,))
    thread.start()
    thread.join()


def leave_everything_open(server: Server) -> Scenario:
    """Use a server in every way, and leave all of it under way."""

    async def scenario() -> None:
        stage = Stage(server)
        peer, _ = await stage.join()
        await stage.enter(peer, "/t/old")
        await peer.send(
            '421["work"]',
            '452-["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            b"1",
        )
        server.of("/t/asked")
        server.emit("question", ack=print)
        asyncio.create_task(server.timeout(1000).emit_with_ack("question"))  # noqa: RUF006  # it is to be lost
        await stage.open()
        await asyncio.sleep(15)
        assert server.engine.sessions == 2

    return scenario


def make_server() -> Server:
    server = Server(
        ping_interval=100, ping_timeout=1000, connection_state_recovery=ConnectionStateRecovery()
    )

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room")

        @socket.on("work")
        async def work() -> str:
            await asyncio.sleep(1)
            if server.engine.sessions > 1:
                await asyncio.sleep(5000)
            return "done"

    server.of("/t/{name}")
    return server


def joined(text: str) -> dict[str, Any]:
    packet: dict[str, Any] = json.loads(text[2:])
    return packet


@pytest.mark.parametrize("end", [run_whole, run_and_break_off, run_in_a_thread])
@pytest.mark.parametrize("drained", [False, True])
def test_a_server_works_in_the_next_loop_as_in_its_first(
    end: Callable[[Scenario], None], *, drained: bool
) -> None:
    server = make_server()
    first = leave_everything_open(server)

    async def drain() -> None:
        await first()
        await server.drain()

    end(drain if drained else first)

    async def second() -> None:
        stage = Stage(server)
        peer = await stage.open()
        assert server.engine.sessions == server.engine.half_open == 1
        check_empty(server.main)
        assert not core_of(server.main).admissions
        assert [namespace.name for namespace in server._namespaces] == ["/"]
        await peer.send("40")
        pid = joined(await peer.receive_text())["pid"]
        await peer.send('421["work"]')
        await peer.expect('431["done"]')
        assert await server.fetch_sockets() == list(server.main.sockets.values())
        server.to("room").emit("x")
        offset = (await peer.receive_text()).split(",")[1].rstrip("]")
        await peer.expect("2", timeout=200)  # the heartbeat goes on
        await peer.send("3")
        await peer.expect("2", timeout=200)
        await peer.close()
        await asyncio.sleep(1)
        server.to("room").emit("missed")
        back = await stage.open()
        await back.send(f'40{{"pid":"{pid}","offset":{offset}}}')
        assert (await back.receive_text()).startswith('42["missed"')
        assert joined(await back.receive_text())["pid"] == pid
        asked = asyncio.create_task(server.timeout(30).emit_with_ack("question"))
        question = await back.receive_text()
        await back.send(f'43{question[2 : question.index("[")]}["yes"]')
        assert tuple(await asked) == ("yes",)
        await server.drain()
        check_empty(server.main)
        assert server.connections == frozenset()

    run_whole(second)


@pytest.mark.parametrize("end", [run_whole, run_and_break_off, run_in_a_thread])
@pytest.mark.parametrize("adapter", [MemoryAdapter, LocalBus().make_adapter])
def test_listeners_of_rooms_outlive_a_loop_and_rooms_do_not(
    end: Callable[[Scenario], None], adapter: Callable[[LocalNamespace], Adapter]
) -> None:
    server = Server(adapter=adapter)
    kept = server.main.adapter
    told: list[tuple[str, str | None]] = []
    kept.on("join-room", lambda room, sid: told.append((room, sid)))

    async def scenario() -> None:
        told.clear()
        _, sid = await Stage(server).join()
        assert told == [(sid, sid)]
        assert server.main.adapter is kept
        assert kept.sockets(Target()) == {sid}
        assert kept.socket_rooms(sid) == {sid}

    sids: list[str] = []

    async def first() -> None:
        await scenario()
        sids.extend(server.main.sockets)

    async def second() -> None:
        await scenario()
        assert kept.socket_rooms(sids[0]) == frozenset()

    end(first)
    run_whole(second)


@pytest.mark.parametrize("end", [run_whole, run_and_break_off, run_in_a_thread])
def test_a_server_of_a_cluster_asks_none_that_has_not_begun_in_the_new_loop(
    end: Callable[[Scenario], None],
) -> None:
    bus = LocalBus()
    one, other = (Server(adapter=bus.make_adapter) for _ in range(2))

    async def first() -> None:
        for server in (one, other):
            await Stage(server).join()
        assert len(await one.fetch_sockets()) == 2

    async def second() -> None:
        _, sid = await Stage(one).join()
        assert [socket.id for socket in await one.fetch_sockets()] == [sid]
        await Stage(other).join()
        assert len(await one.fetch_sockets()) == 2

    end(first)
    run_whole(second)


def test_a_dead_socket_does_nothing_any_more() -> None:
    server = make_server()
    sockets: list[Socket] = []
    server.on("connection", sockets.append)
    run_whole(leave_everything_open(server))

    async def second() -> None:
        stage = Stage(server)
        await stage.open()
        for socket in sockets:
            assert socket.disconnected
            socket.emit("x")
            socket.join("room")
            socket.disconnect()
        check_empty(server.main)

    run_whole(second)


def test_two_loops_at_once_are_refused() -> None:
    server = Server()
    refused: list[BaseException] = []

    async def other() -> None:
        try:
            await Link(server).raw()
        except UsageError as error:
            refused.append(error)

    async def first() -> None:
        await Stage(server).open()
        await asyncio.to_thread(run_whole, other)
        assert "another event loop, which still runs" in str(refused[0])
        assert server.engine.sessions == 1

    run_whole(first)


@pytest.mark.parametrize("end", [run_whole, run_and_break_off, run_in_a_thread])
def test_a_client_connects_again_in_the_next_loop(end: Callable[[Scenario], None]) -> None:
    server = RawServer()
    socket = Manager("http://test", connector=server).socket()

    async def first() -> None:
        await server.join(socket)
        asyncio.create_task(socket.emit_with_ack("question"))  # noqa: RUF006  # it is to be lost
        waiting = asyncio.create_task(server.accept(timeout=1))  # the queue is bound to this loop
        await asyncio.wait([waiting])
        assert waiting.exception() is not None

    async def second() -> None:
        peer = await server.join(socket, sid="again")
        assert socket.id == "again"
        asked = asyncio.create_task(socket.emit_with_ack("question"))
        question = await peer.receive_text()
        await peer.send(f'43{question[2 : question.index("[")]}["yes"]')
        assert await asked == "yes"
        await socket.disconnect()
        assert not socket.connected

    end(first)
    run_whole(second)
    run_whole(second)
