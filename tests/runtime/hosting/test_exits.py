"""What would end a program ends nothing but the event whose code raises it; Ctrl-C ends the server
(docs/decisions/0023).
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop
from ackord.runtime.client import connect
from ackord.runtime.errors import ConnectRefusedError
from ackord.runtime.hosting import Host, configure
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_in_thread

from tests.runtime.hosting.network import until
from tests.runtime.hosting.ways import Hosting, on_every_hosting

ROOT = Path(__file__).parents[3]
FAILED = {"error": {"code": "internal", "message": "The handler failed"}}


def echo(value: Any) -> Any:
    return value


def make_server(error: type[BaseException]) -> Server:
    """Make a server each of whose functions raises when it is asked to."""
    server = Server()

    async def exit_later() -> None:
        await asyncio.sleep(0)
        raise error

    def exit_at_once(*_: Any) -> None:
        raise error

    async def exit_after_joining(_: Socket) -> None:
        await exit_later()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("echo", echo)
        socket.on("plain", exit_at_once)
        socket.on("mixed", exit_later)
        socket.on("disconnect", exit_at_once)

        async def at_once() -> None:
            raise error

        socket.on("async", at_once)
        socket.on("async later", exit_later)

        @socket.on_any
        def look(name: str, *_: Any) -> None:
            if name == "catch-all":
                raise error

    @server.use_event
    async def middleware(_: Socket, name: str, __: tuple[Any, ...]) -> None:
        if name == "middleware":
            await exit_later()

    server.of("/plain").use(exit_at_once)
    server.of("/async").use(exit_after_joining)
    server.of("/connection").on("connection", exit_at_once)
    server.of("/connection").on("connection", exit_after_joining)
    return server


@asynccontextmanager
async def serving(server: Server, hosting: Hosting) -> AsyncGenerator[Host]:
    host = configure(server.asgi(), port=0, graceful_timeout=2, direct=hosting.direct)
    task = asyncio.create_task(host.serve())
    await until(lambda: host.started or task.done())
    try:
        yield host
    finally:
        host.should_exit = True
        await task


def play(hosting: Hosting, scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20):
            await scenario()

    with asyncio.Runner(loop_factory=hosting.loop_factory) as runner:
        runner.run(main())


@on_every_hosting
@pytest.mark.parametrize("error", [SystemExit, GeneratorExit])
def test_what_ends_a_program_or_a_coroutine_ends_only_the_event_that_raises_it(
    hosting: Hosting, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    server = make_server(error)

    async def scenario() -> None:
        async with serving(server, hosting) as host:
            url = f"http://127.0.0.1:{host.port}"
            async with connect(url) as socket:
                for name in (
                    "async",
                    "plain",
                    "async",
                    "async later",
                    "mixed",
                    "catch-all",
                    "middleware",
                    "plain",
                ):
                    assert await socket.emit_with_ack(name) == FAILED, name
                    assert await socket.emit_with_ack("echo", name) == name
                for name in ("/plain", "/async"):
                    with pytest.raises(ConnectRefusedError):
                        await connect(url + name).__aenter__()
                async with connect(url + "/connection") as other:
                    assert other.connected
            async with connect(url) as socket:
                assert await socket.emit_with_ack("async later") == FAILED, (
                    "the first event of a socket"
                )
                assert await socket.emit_with_ack("echo", 1) == 1

    with caplog.at_level(logging.ERROR):
        play(hosting, scenario)
    assert {record.exc_info[0] for record in caplog.records if record.exc_info is not None} == {
        error
    }


def interrupt(hosting: Hosting, name: str) -> tuple[list[str], list[str]]:
    """Ask a server in a process of its own for an event; return the packets that come, and what the
    process has printed by its end.
    """
    loop = "uvloop" if hosting.loop_factory is uvloop.new_event_loop else "asyncio"
    command = [
        sys.executable,
        "-m",
        "tests.runtime.hosting.exits_server",
        "--loop",
        loop,
        "--hosting",
        "direct" if hosting.direct else "asgi",
    ]
    received: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = f"ws://127.0.0.1:{process.stdout.readline().strip()}/socket.io/?EIO=4&transport=websocket"
            with suppress(ConnectionClosed), connect_in_thread(url, close_timeout=0.1) as websocket:
                websocket.send("40")
                websocket.send(f'420["{name}"]')
                while True:
                    received.append(str(websocket.recv(10)))
            process.wait(10)
            return received, process.stdout.read().splitlines()
        finally:
            process.kill()


@on_every_hosting
@pytest.mark.parametrize("name", ["plain", "later"])
def test_an_interrupt_that_reaches_a_handler_ends_the_server(hosting: Hosting, name: str) -> None:
    answers, printed = interrupt(hosting, name)
    assert printed[-1] == "interrupted"
    assert (
        answers[2:] == [f"430{json.dumps([FAILED], separators=(',', ':'))}"] or not hosting.direct
    ), "ASGI has it sent by a task"


@on_every_hosting
def test_ctrl_c_while_a_handler_runs_ends_the_server_in_good_order(hosting: Hosting) -> None:
    answers, printed = interrupt(hosting, "signal")
    assert answers[2:] == ["430[]"]
    assert printed == ["disconnect server shutting down", "interrupted"]


@pytest.mark.parametrize("make_loop", [uvloop.new_event_loop, asyncio.SelectorEventLoop])
def test_an_event_loop_is_interrupted_once_so_that_its_end_runs_through(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    server = Server()
    told: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("disconnect")
        async def disconnected(reason: str) -> None:
            try:
                await asyncio.sleep(0)
                raise KeyboardInterrupt
            finally:
                await asyncio.sleep(0)
                told.append(reason)

    async def scenario() -> None:
        links = [Link(server) for _ in range(5)]
        peers = [await link.raw() for link in links]
        for peer in peers:
            await peer.send("40")
            await peer.receive_text()
            await peer.receive_text()
        for peer in peers:
            await peer.close()
        await asyncio.Event().wait()

    runner = asyncio.Runner(loop_factory=make_loop)
    with pytest.raises(KeyboardInterrupt):
        runner.run(scenario())
    runner.close()
    assert told == ["transport close"] * 5
