"""A server starts and stops with its host: alone, in front of an application with a lifespan or
without one, and mounted in one.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import signal
import socket as sockets
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting import configure
from ackord.runtime.hosting.uvicorn.announcement import announce
from ackord.runtime.hosting.uvicorn.keywords import UvicornKeywords
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, run
from fastapi import FastAPI, Response
from fastapi import Request as HttpRequest
from starlette.applications import Starlette

from tests.runtime.engine.harness import Request
from tests.runtime.hosting.network import response, until

ROOT = Path(__file__).parents[3]


def make(log: list[str]) -> Server:
    server = Server()
    server.on_startup(lambda: log.append("start"))

    @server.on_shutdown
    async def stopped() -> None:
        await asyncio.sleep(0)
        log.append("stop")

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("disconnect")
        async def gone(reason: str) -> None:
            await asyncio.sleep(1)
            log.append(reason)

    return server


async def live(app: Application, during: Callable[[], Awaitable[None]]) -> list[str]:
    """Give an application a lifespan as an ASGI server does; return what it answers."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    answers: list[str] = []
    answered = asyncio.Event()

    async def send(message: Message) -> None:
        answers.append(message["type"].removeprefix("lifespan."))
        answered.set()

    async def serve() -> None:
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, told.get, send)
        finally:
            answered.set()

    task = asyncio.create_task(serve())
    await told.put({"type": "lifespan.startup"})
    await answered.wait()
    if answers == ["startup.complete"]:
        await during()
        await told.put({"type": "lifespan.shutdown"})
    await asyncio.wait([task], timeout=60)
    return answers


class Other:
    """Applications without a lifespan, with half of one, and with a whole one."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def raises(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("Django can only handle ASGI/HTTP connections")

    async def raises_later(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise NotImplementedError

    async def returns(self, scope: Scope, receive: Receive, send: Send) -> None:
        return

    async def returns_after_its_start(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})

    async def raises_after_its_start(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.returns_after_its_start(scope, receive, send)
        raise RuntimeError("lost")

    async def is_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.returns_after_its_start(scope, receive, send)
        self.log.append("other start")
        assert (await receive())["type"] == "lifespan.shutdown"
        self.log.append("other stop")
        await send({"type": "lifespan.shutdown.complete"})

    async def fails(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})


def applications(log: list[str], server: Server) -> dict[str, Application]:
    other = Other(log)

    @asynccontextmanager
    async def composed(app: Any) -> AsyncGenerator[None]:
        log.append("other start")
        async with server.lifespan():
            yield
        log.append("other stop")

    mounted = FastAPI(lifespan=server.lifespan())
    mounted.mount("/live", server.asgi())
    return {
        "alone": server.asgi(),
        "mounted": mounted,
        "composed": Starlette(lifespan=composed),
        **{
            name: server.asgi(getattr(other, name))
            for name in vars(Other)
            if not name.startswith("_")
        },
    }


@pytest.mark.parametrize("kind", list(applications([], Server())))
def test_a_lifespan_starts_the_server_and_drains_it_each_time_in_each_loop(kind: str) -> None:
    log: list[str] = []
    server = make(log)
    app = applications(log, server)[kind]

    async def talk() -> None:
        peer = await Link(server).raw()
        await peer.receive()
        await peer.send("40")
        await peer.receive()

    async def scenario() -> None:
        log.clear()
        answers = await live(app, talk)
        inner = ["start", "server shutting down", "stop"]
        if kind == "fails":
            assert (answers, log) == (["startup.failed"], ["start", "stop"])
            return
        assert answers == ["startup.complete", "shutdown.complete"]
        assert [entry for entry in log if entry in inner] == inner
        if kind == "composed":
            assert log == ["other start", *inner, "other stop"]
        elif kind == "is_whole":
            assert log == ["start", "other start", *inner[1:], "other stop"]
        assert server.connections == frozenset()

    async def twice() -> None:
        await scenario()
        await scenario()

    run(twice())
    run(scenario())


@pytest.mark.parametrize("kind", ["alone", "mounted", "is_whole"])
def test_a_hook_that_raises_fails_the_start_and_undoes_it(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    notes: list[str] = []
    server = make(log)

    @server.on_startup
    async def broken() -> None:
        log.append("fails")
        raise OSError("no database")

    server.on_startup(lambda: log.append("never"))
    server.on_shutdown(lambda: log.append("never"))

    async def scenario() -> None:
        try:
            answers = await live(applications([], server)[kind], lambda: asyncio.sleep(0))
        except OSError as error:
            notes.extend(error.__notes__)
            return
        assert answers == ["startup.failed"]
        notes.append(caplog.text)
        with pytest.raises(Exception, match="refused"):
            await Link(server).raw()

    run(scenario())
    assert log == ["start", "fails", "stop"]
    assert "broken, a hook of the server's start, raised this" in notes[0]


PLAIN = """
import asyncio, sys
from fastapi import FastAPI
from ackord.runtime.server import Server
server = Server()
@server.on("connection")
def connected(socket):
    @socket.on("disconnect")
    async def gone(reason):
        await asyncio.sleep(0.2)
        print(reason, flush=True)
async def django(scope, receive, send):
    raise ValueError("Django can only handle ASGI/HTTP connections")
front = server.asgi(django)
mounted = FastAPI(lifespan=server.lifespan())
mounted.mount("/live", server.asgi())
"""


@pytest.mark.parametrize(
    ("name", "path"), [("front", "/socket.io/"), ("mounted", "/live/socket.io/")]
)
def test_a_signal_drains_the_server_on_a_host_that_waits_for_parked_polls(
    name: str, path: str, tmp_path: Path
) -> None:
    (tmp_path / "plain.py").write_text(PLAIN)
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def scenario() -> None:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            f"plain:{name}",
            "--port",
            str(port),
            "--app-dir",
            str(tmp_path),
            "--log-level",
            "error",
        ]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        try:
            reader, writer = await connect_to(port)

            async def ask(method: str, query: str = "", body: str = "") -> None:
                head = (
                    f"{method} {path}?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}"
                )
                writer.write(head.encode())

            await ask("GET")
            query = f"&sid={json.loads((await response(reader))[1][1:])['sid']}"
            await ask("POST", query, "40")
            assert (await response(reader))[1] == b"ok"
            await ask("GET", query)
            assert (await response(reader))[1].startswith(b"40{")
            await ask("GET", query)
            await asyncio.sleep(0.1)  # parked
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert (await response(reader))[1] == b"1"
            async with asyncio.timeout(20):
                output, _ = await process.communicate()
            assert output.decode().split("\n") == ["server shutting down", ""]
            assert time.monotonic() - began < 10  # a heartbeat would end the poll after 25 s
            writer.close()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    asyncio.run(scenario())


async def connect_to(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(1000):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
    raise AssertionError("nobody listens")


@pytest.mark.filterwarnings(
    "ignore:.*root_path.*deprecated"
)  # newer versions of FastAPI; people have it
@pytest.mark.parametrize("root", ["", "/api", "/api/v1"])
@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("mount", ["", "/live", "/live/v1"])
def test_the_path_is_found_below_any_root_path_and_mount(
    root: str, mount: str, *, stripped: bool
) -> None:
    async def scenario() -> None:
        app: Application = Server().asgi()
        if mount:
            parent = FastAPI(root_path=root)
            parent.mount(mount, app)
            app = parent
        path = ("" if stripped else root) + mount
        for inside, status in (
            ("/socket.io/", 200),
            ("/socket.iox/", 404),
            ("/elsewhere/socket.io/", 404),
        ):
            request = Request(
                app, "GET", "EIO=4&transport=polling", path=path + inside, root_path=root
            )
            assert (await request.response()).status == status, inside

    run(scenario())


def test_a_poll_whose_client_has_gone_is_no_error_behind_a_middleware_that_wants_an_answer() -> (
    None
):
    server = Server()
    app = FastAPI()

    @app.middleware("http")
    async def timed(
        request: HttpRequest, call_next: Callable[[HttpRequest], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)

    app.mount("/live", server.asgi())

    async def scenario() -> None:
        opened = await Request(
            app, "GET", "EIO=4&transport=polling", path="/live/socket.io/"
        ).response()
        query = f"EIO=4&transport=polling&sid={json.loads(opened.text[1:])['sid']}"
        parked = Request(app, "GET", query, path="/live/socket.io/")
        await until(lambda: server.engine.sessions == 1)
        parked.disconnect()
        assert await parked.unanswered()
        assert server.engine.sessions == 0
        await server.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "'workers' must be a whole number from 1 to 1000"),
        ({"workers": 2, "ssl_certfile": "x.pem"}, "let a proxy such as nginx in front end TLS"),
        ({"workers": 2, "fd": 3}, "'fd' can't work with several workers"),
        ({"workers": 2, "log_levle": "info"}, "did you mean 'log_level'"),
        ({"drain_timeout": -1}, "drain_timeout must be zero or more"),
        ({"application": 1}, "application must be"),
        ({"reload": True}, "ackord serve module:server --reload"),
        ({"reload_dirs": ["."]}, "ackord serve module:server --reload"),
        ({"factory": True}, "'factory'"),
        ({"interface": "wsgi"}, "'interface'"),
        ({"app": "x:y"}, "no option 'app'"),
        ({"grateful_timeout": 1}, "did you mean 'graceful_timeout'"),
        ({"port": "80"}, "port must be a whole number, not '80'"),
        ({"graceful_timeout": -1}, "zero or more"),
    ],
)
def test_a_setting_that_can_not_work_is_refused_before_anything_listens(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Server().run(**settings)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transports": ("websocket",)}, "transports websocket, pages of its own origin only"),
        ({"cors_origins": "*"}, "polling and websocket, pages of any origin"),
        ({"cors_origins": True}, "pages of any origin"),
        ({"cors_origins": "https://a.example"}, "pages of https://a.example"),
        ({"cors_origins": re.compile("https://.*")}, "pages of origins that match https://.*"),
        ({"cors_origins": str.isascii}, "pages of origins that cors_origins accepts"),
        (
            {"cors_origins": [re.compile("x"), *(f"https://{each}.example" for each in "abc")]},
            "pages of x, https://a.example, https://b.example and 1 more",
        ),
    ],
)
def test_the_line_at_the_start_says_how_the_server_is_reached(
    options: dict[str, Any], said: str
) -> None:
    line = announce("http://x", EngineOptions(**options), also=("explorer at /explorer",))
    assert line.endswith(f"{said}, explorer at /explorer")


def test_the_settings_that_are_passed_on_are_those_of_uvicorn() -> None:
    ours = {"app", "host", "port", "workers", "factory", "interface", "timeout_worker_healthcheck"}
    theirs = set(inspect.signature(uvicorn.Config).parameters)
    assert set(UvicornKeywords.__annotations__) == {
        name for name in theirs - ours if not name.startswith("reload")
    }


@pytest.mark.parametrize("uds", [False, True])
def test_a_host_knows_where_it_listens(
    tmp_path: Path, *, uds: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(tmp_path / "socket")

    async def scenario() -> None:
        host = configure(Server().asgi(), port=0, uds=path if uds else None)
        with pytest.raises(UsageError, match="isn't listening"):
            _ = host.port
        serving = asyncio.create_task(host.serve())
        await until(lambda: host.started)
        if uds:
            assert (host.port, host.address) == (None, f"unix:{path}")
        else:
            assert host.address == f"http://127.0.0.1:{host.port}"
        assert [
            record.getMessage() for record in caplog.records if "listens" in record.message
        ] == [announce(host.address, EngineOptions(), also=("with 1 worker",))]
        host.should_exit = True
        await serving

    with caplog.at_level("INFO"):
        asyncio.run(scenario())


def test_run_says_on_standard_error_where_it_listens() -> None:
    script = (
        "from ackord.runtime.server import Server\nserver = Server()\n"
        "import os, signal, threading\nserver.on_startup(lambda: threading.Timer(0.5, "
        "os.kill, (os.getpid(), signal.SIGINT)).start())\n"
        "server.run(port=0)\n"
    )

    async def scenario() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[1]

    assert re.fullmatch(
        rb"Socket\.IO listens on http://127\.0\.0\.1:[1-9]\d+, path /socket\.io/, [^\n]+, with 1 worker "
        rb"\(Ctrl-C stops it\)\n",
        asyncio.run(scenario()),
    )


@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_a_hook_of_the_stop_raises_keeps_no_other_hook_from_running(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    server = make(log)

    @server.on_shutdown
    async def broken() -> None:
        raise error

    async def scenario() -> None:
        async with server.lifespan():
            pass

    asyncio.run(scenario())
    assert log == ["start", "stop"]
    assert re.search(
        rf"A hook of on_shutdown failed: .*{error.__name__} at {re.escape(__file__)}:\d+ in",
        caplog.text,
    )
