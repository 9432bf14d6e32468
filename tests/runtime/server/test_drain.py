"""How a server stops."""

from __future__ import annotations

import asyncio

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link

from tests.runtime.server.stage import Stage, check_empty, play


def working_server(log: list[str]) -> Server:
    """Make a server whose clients can give it work for some seconds."""
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("work")
        async def work(seconds: float) -> str:
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                log.append("cancelled")
                raise
            log.append("done")
            return "done"

        socket.on("disconnect", log.append)

    return server


def test_idle_connections_end_at_once_without_a_disconnect_packet() -> None:
    log: list[str] = []
    server = working_server(log)

    async def scenario(stage: Stage) -> None:
        peers = [(await stage.join())[0] for _ in range(3)]
        started = asyncio.get_running_loop().time()
        await server.drain(timeout=10)
        assert asyncio.get_running_loop().time() < started + 0.1
        for peer in peers:
            await peer.expect_close(timeout=0.1)
        assert log == ["server shutting down"] * 3
        check_empty(server.main)
        assert server.connections == frozenset()
        assert server.engine.sessions == 0

    play(server, scenario)


def test_a_handler_that_runs_may_finish_and_its_answer_is_sent_before_the_end() -> None:
    log: list[str] = []
    server = working_server(log)

    async def scenario(stage: Stage) -> None:
        busy, _ = await stage.join()
        idle, _ = await stage.join()
        await busy.send('421["work",3]')
        await asyncio.sleep(1)
        draining = asyncio.create_task(server.drain(timeout=10))
        await idle.expect_close(timeout=0.1)
        assert not draining.done()
        with pytest.raises(DisconnectedError, match="refused"):
            await stage.open()
        await busy.expect('431["done"]')
        await busy.expect_close(timeout=0.1)
        await asyncio.wait_for(draining, 0.1)
        assert log == ["server shutting down", "done", "server shutting down"]

    play(server, scenario)


def test_a_handler_that_takes_too_long_is_cancelled() -> None:
    log: list[str] = []
    server = working_server(log)

    async def scenario(stage: Stage) -> None:
        busy, _ = await stage.join()
        await busy.send('421["work",1000]')
        await asyncio.sleep(1)
        started = asyncio.get_running_loop().time()
        await server.drain(timeout=5)
        assert 5 <= asyncio.get_running_loop().time() - started <= 6
        await busy.expect_close(timeout=0.1)
        assert log == ["server shutting down", "cancelled"]

    play(server, scenario)


def test_a_handler_may_still_ask_its_client_while_the_server_drains() -> None:
    server = Server()
    answers: list[object] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("work")
        async def work() -> None:
            await asyncio.sleep(1)
            answers.append(await socket.emit_with_ack("question"))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["work"]')
        await asyncio.sleep(0.1)
        draining = asyncio.create_task(server.drain(timeout=10))
        await peer.expect('420["question"]')
        await peer.send('430["answer"]')
        await peer.expect("431[]")
        await peer.expect_close()
        await draining
        assert answers == ["answer"]

    play(server, scenario)


def test_clients_see_the_transport_close_so_that_they_connect_elsewhere() -> None:
    server = Server()

    async def scenario(_: Stage) -> None:
        reasons: list[str] = []
        socket = Manager("http://test", connector=Link(server)).socket("/")
        socket.on("disconnect", reasons.append)
        await socket.connect()
        await server.drain()
        await asyncio.sleep(1)
        assert reasons == ["transport close"]
        await socket.disconnect()

    play(server, scenario)


def test_a_server_may_be_drained_twice_and_opened_again() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        await stage.join()
        await asyncio.gather(server.drain(), server.drain())
        await server.drain()
        server.engine.open()
        peer, _ = await stage.join()
        await peer.send('421["x"]')
        assert (await peer.receive_text()).startswith("431")

    play(server, scenario)
