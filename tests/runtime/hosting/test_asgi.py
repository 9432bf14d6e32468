"""Alone, mounted and beside another application."""

from __future__ import annotations

import asyncio

import pytest
from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.polling.body import respond
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Response, Site, WebSocket

HANDSHAKE = "EIO=4&transport=polling"


async def get(app: Application, path: str, root_path: str = "") -> Response:
    return await Request(app, "GET", HANDSHAKE, path=path, root_path=root_path).response()


@pytest.mark.parametrize(
    ("path", "root_path", "status"),
    [
        ("/socket.io/", "", 200),
        ("/socket.io", "", 200),
        ("/socket.io/default/", "", 200),
        ("/socket.iox/", "", 404),
        ("/", "", 404),
        ("/ws/socket.io/", "", 404),
        ("/ws/socket.io/", "/ws", 200),
        ("/socket.io/", "/socket.io", 200),
        ("/wsx/socket.io/", "/ws", 404),
    ],
)
def test_the_path_is_a_prefix_with_or_without_where_it_is_mounted(
    path: str, root_path: str, status: int
) -> None:
    async def scenario() -> None:
        assert (await get(Site().app, path, root_path=root_path)).status == status

    run(scenario())


def test_another_path_can_be_chosen() -> None:
    async def scenario() -> None:
        app = Site(path="/live").app
        assert (await get(app, "/live/")).status == 200
        assert (await get(app, "/socket.io/")).status == 404

    run(scenario())


@pytest.mark.parametrize("can_respond", [True, False])
def test_a_websocket_elsewhere_is_refused(*, can_respond: bool) -> None:
    async def scenario() -> None:
        websocket = WebSocket(
            Site().app, "EIO=4&transport=websocket", path="/elsewhere", can_respond=can_respond
        )
        with pytest.raises(DeniedError) as info:
            await websocket.opening()
        assert info.value.status == (404 if can_respond else 403)

    run(scenario())


def test_everything_else_goes_to_the_other_application() -> None:
    seen: list[str] = []

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await respond(send, 200, (), b"page")

    async def scenario() -> None:
        site = Site()
        app = AsgiApp(site.engine, other=other)
        assert (await get(app, "/page")).text == "page"
        assert (await get(app, "/socket.io/")).text.startswith("0")
        assert seen == ["/page"]

    run(scenario())


class Lifespan:
    """An ASGI server's end of the lifespan protocol."""

    def __init__(self, app: Application) -> None:
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self.task = asyncio.create_task(self._run(app))

    async def _run(self, app: Application) -> None:
        await app({"type": "lifespan"}, self._incoming.get, self._outgoing.put)

    async def phase(self, name: str) -> str:
        self._incoming.put_nowait({"type": f"lifespan.{name}"})
        answer: str = (await self._outgoing.get())["type"]
        return answer


def test_the_lifespan_runs_the_hooks_and_closes_the_sessions_each_time() -> None:
    log: list[str] = []

    async def start() -> None:
        log.append("start")

    async def stop() -> None:
        log.append("stop")

    async def scenario() -> None:
        site = Site()
        app = AsgiApp(site.engine, on_startup=start, on_shutdown=stop)
        for _ in range(2):
            lifespan = Lifespan(app)
            assert await lifespan.phase("startup") == "lifespan.startup.complete"
            assert (await get(app, "/socket.io/")).status == 200
            assert await lifespan.phase("shutdown") == "lifespan.shutdown.complete"
            await lifespan.task
            assert site.engine.sessions == 0
        await app.shutdown()
        assert log == ["start", "stop"] * 2

    run(scenario())


def test_a_hook_that_raises_fails_the_phase_and_the_sessions_are_closed_all_the_same() -> None:
    async def broken() -> None:
        raise RuntimeError("no database")

    async def scenario() -> None:
        site = Site()
        assert (
            await Lifespan(AsgiApp(site.engine, on_startup=broken)).phase("startup")
            == "lifespan.startup.failed"
        )
        await site.open_polling()
        assert (
            await Lifespan(AsgiApp(site.engine, on_shutdown=broken)).phase("shutdown")
            == "lifespan.shutdown.failed"
        )
        assert site.engine.sessions == 0

    run(scenario())


def test_the_other_application_has_its_own_lifespan() -> None:
    log: list[str] = []

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            phase = (await receive())["type"]
            log.append(phase)
            await send({"type": f"{phase}.complete"})

    async def scenario() -> None:
        site = Site()
        lifespan = Lifespan(AsgiApp(site.engine, other=other))
        assert await lifespan.phase("startup") == "lifespan.startup.complete"
        await site.open_polling()
        assert await lifespan.phase("shutdown") == "lifespan.shutdown.complete"
        assert log == ["lifespan.startup", "lifespan.shutdown"]
        assert site.engine.sessions == 0

    run(scenario())


def test_an_unknown_scope_is_an_error() -> None:
    async def send(message: Message) -> None:
        raise AssertionError

    async def receive() -> Message:
        raise AssertionError

    async def scenario() -> None:
        with pytest.raises(RuntimeError, match="webtransport"):
            await Site().app({"type": "webtransport"}, receive, send)

    run(scenario())
