"""Whatever a client sends, nothing is raised, and nothing of it is left when it has gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Generator
from logging.handlers import BufferingHandler
from typing import Any

from ackord.runtime import tasks
from ackord.runtime.engine import session as engine_session
from ackord.runtime.server import Server, Socket
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.testing import run
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.server.stage import Stage, check_empty, play

PACKETS = [
    "40",
    '40{"a":1}',
    "40/slow",
    "40/random",
    "41",
    "41/slow,",
    '42["echo",1]',
    '421["echo",{"a":[1]}]',
    '422["async",2]',
    '423["broken"]',
    '424["unknown"]',
    '425["ask"]',
    '426["leave"]',
    "430[]",
    '431[1,"x"]',
    '451-7["echo",{"_placeholder":true,"num":0}]',
    '452-["echo",{"_placeholder":true,"num":1}]',
    '451-["echo",{"_placeholder":true,"num":9}]',
    '42/slow,8["echo"]',
    "42[]",
    "4",
    "2",
    "3",
    b"",
    b"\1\2",
]
JUNK = st.text(st.sampled_from('0123456789-/,[]{}":x\\ue '), max_size=12).map("4{}".format)


def make_server() -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room")

        @socket.on("async")
        async def slow(*values: Any) -> tuple[Any, ...]:
            await asyncio.sleep(0.1)
            return values

        @socket.on("ask")
        async def ask() -> Any:
            return await socket.emit_with_ack("question", timeout=1)

        @socket.on("broken")
        def broken() -> None:
            raise ValueError("on purpose")

        @socket.on("leave")
        def leave() -> None:
            socket.disconnect()

        def echo(*values: Any) -> tuple[Any, ...]:
            socket.broadcast.emit("echo", *values)
            return values

        socket.on("echo", echo)

    @server.of("/slow").use
    async def think(socket: Socket) -> None:
        socket.join("room")
        await asyncio.sleep(0.05)

    return server


@contextlib.contextmanager
def no_mistake_logged() -> Generator[None]:
    """The engine and the tasks report exceptions of the server by logging them: there must be
    none.
    """
    handler = BufferingHandler(capacity=1000)
    loggers = [logging.getLogger(module.__name__) for module in (engine_session, tasks)]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    assert [record.getMessage() for record in handler.buffer] == []


@given(
    st.lists(
        st.tuples(st.sampled_from(PACKETS) | JUNK, st.sampled_from([0.0, 0.0, 0.02, 0.2])),
        max_size=15,
    ),
    st.booleans(),
)
def test_any_sequence_of_packets_leaves_nothing_behind(
    script: list[tuple[str | bytes, float]], joins: bool
) -> None:
    server = make_server()

    async def scenario(stage: Stage) -> None:
        witness, _ = await stage.join()
        peer = await stage.open()
        if joins:
            await stage.enter(peer)
        for message, pause in script:
            with contextlib.suppress(ConnectionError):
                await peer.send(message)
            await asyncio.sleep(pause)
        await peer.close()
        await asyncio.sleep(2)
        assert len(server.connections) == 1
        assert len(server.main.sockets) == 1
        assert len(server.environment.tasks) == 0
        await witness.close()
        await asyncio.sleep(1)
        check_empty(server.main)
        check_empty(server.of("/slow"))
        assert server.connections == frozenset()

    with no_mistake_logged():
        play(server, scenario)


def test_a_congested_connection_lets_go_of_its_reader_when_it_closes() -> None:
    async def scenario() -> None:
        backlog = Backlog(max_events=1, max_bytes=100)
        await backlog.ready()
        backlog.add(1)
        backlog.add(1)
        readers = [asyncio.create_task(backlog.ready()) for _ in range(2)]
        await asyncio.sleep(1)
        assert not any(reader.done() for reader in readers)
        backlog.close()
        await asyncio.gather(*readers)

    run(scenario())


def test_the_size_of_what_waits_counts_too() -> None:
    backlog = Backlog(max_events=10, max_bytes=100)
    backlog.add(101)
    assert backlog.congested
    backlog.remove(101)
    assert not backlog.congested
