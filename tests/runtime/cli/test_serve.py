"""``ackord serve``."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from ackord.runtime.client import ClientSocket, connect

from tests.runtime.hosting.crew import running

APP = """
import asyncio
import os
from ackord.runtime.server import Server

VALUE = 1
number = 5
server = Server()
app = server.asgi()
pair = [server.asgi(), Server().asgi()]


class Mount:
    def __init__(self, *inner):
        self.routes = list(inner)

    async def __call__(self, scope, receive, send):
        await app(scope, receive, send)


mounted = Mount(Mount(app))
two = Mount(*pair)


def make():
    return server


def need(name):
    return server


async def later():
    return server


async def bare(scope, receive, send): ...


@server.on("connection")
def connected(socket):
    socket.on("value", lambda: (VALUE, os.getpid()))
    socket.on("hold", asyncio.Event().wait, concurrent=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sapp.py").write_text(APP)
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    return tmp_path


def command(target: str, folder: Path, *options: str) -> tuple[str, ...]:
    main = "from ackord.codegen.main import main; main()"
    return ("-c", main, "serve", target, "--port", "0", "--app-dir", str(folder), *options)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("sapp", "must be MODULE:NAME"),
        ("sapp.py:server", "name the module, as sapp:server"),
        ("nothing:server", "there is no module 'nothing'"),
        ("sapp:servr", "has no 'servr'; did you mean 'server'?"),
        ("sapp:number", "an object of the class int, not a Server"),
        ("sapp:Mount", "is the class Mount"),
        ("sapp:bare", "in which 0 Ackord servers were found"),
        ("sapp:two", "in which 2 Ackord servers were found"),
        ("sapp:later", "a plain function is needed"),
        ("sapp:need", "in which 0 Ackord servers were found"),
    ],
)
def test_what_can_not_be_served_is_said_in_one_line(
    folder: Path, target: str, problem: str
) -> None:
    workers = "2" if target == "nothing:server" else "1"

    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command(target, folder, "--workers", workers),
            stderr=asyncio.subprocess.PIPE,
        )
        _, log = await process.communicate()
        assert process.returncode == 2
        assert problem in log.decode()
        assert "Traceback" not in log.decode()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("target", "options", "number"),
    [
        ("sapp:server", (), signal.SIGINT),
        ("sapp:make", ("--workers", "2"), signal.SIGINT),
        ("sapp:app", (), signal.SIGTERM),
        ("sapp:mounted", ("--workers", "2"), signal.SIGTERM),
    ],
)
def test_a_server_a_factory_and_an_application_are_served_until_a_signal(
    folder: Path, target: str, options: tuple[str, ...], number: signal.Signals
) -> None:
    async def main() -> None:
        async with running(*command(target, folder, *options)) as crew:
            async with connect(f"http://127.0.0.1:{crew.port}") as socket:
                value, pid = await socket.emit_with_ack("value")
            assert value == 1
            assert (pid == crew.process.pid) == (not options)
            crew.signal(number)
            assert await crew.ended() == 0

    asyncio.run(main())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_ctrl_c_does_not_wait_for_a_handler(folder: Path, workers: str) -> None:
    options = ("--graceful-timeout", "1000", "--workers", workers)

    async def main() -> None:
        async with (
            running(*command("sapp:server", folder, *options)) as crew,
            connect(f"http://127.0.0.1:{crew.port}", reconnection=False) as socket,
        ):
            socket.emit("hold")
            await socket.emit_with_ack("value")
            crew.signal(signal.SIGINT)
            await crew.refused()
            crew.signal(signal.SIGINT)
            assert await crew.ended() == 130

    asyncio.run(main())


async def answered(socket: ClientSocket, value: int) -> None:
    """Wait until the server is the one of a change."""
    while (await socket.emit_with_ack("value", timeout=60))[0] != value:  # noqa: ASYNC110  # the old one answers until it stops
        await asyncio.sleep(0.05)


def test_with_reload_a_change_starts_the_server_anew(folder: Path) -> None:
    async def main() -> None:
        options = ("--reload", "--reload-dir", str(folder))
        async with running(*command("sapp:server", folder, *options)) as crew:
            async with connect(f"http://127.0.0.1:{crew.port}") as socket:
                assert (await socket.emit_with_ack("value"))[0] == 1
                source = folder / "sapp.py"
                # Of another length each time: a compiled module is as new as its source if that has
                # the same length and was written in the same second.
                source.write_text(APP.replace("VALUE = 1", "VALUE = 22"))
                await crew.logged("has changed: the server starts anew")
                await answered(socket, 22)
                source.write_text("an error in the source")
                await crew.logged("before it could serve: waiting for a change")
                source.write_text(APP.replace("VALUE = 1", "VALUE = 333"))
                await answered(socket, 333)
            crew.signal(signal.SIGINT)
            assert await crew.ended() == 0

    asyncio.run(main())
