"""The handshake goes through ASGI however the server is hosted: middlewares see it, may refuse it
and add to its answer, and applications may be mounted.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable

import pytest
from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send
from ackord.runtime.engine.link import EngineRequest
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import (
    Connection,
    Served,
    frame,
    masked,
    response,
    serving,
    until,
)
from tests.runtime.hosting.ways import Hosting, everything, on_every_hosting, send_at_once, text

user: contextvars.ContextVar[str] = contextvars.ContextVar("user")


def upgrade(path: str = "/socket.io/", *lines: str) -> bytes:
    head = [
        f"GET {path}?EIO=4&transport=websocket HTTP/1.1",
        "Host: x",
        "Upgrade: websocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *lines,
    ]
    return "\r\n".join((*head, "", "")).encode()


async def answered(served: Served, request: bytes) -> tuple[Connection, str]:
    """Send a handshake; return the connection and the head of the answer."""
    reader, writer = await served.connect()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    return (reader, writer), head.decode().lower()


def play(
    hosting: Hosting,
    wrap: Callable[[Application], Application],
    scenario: Callable[[Served], Awaitable[None]],
    **settings: object,
) -> None:
    """Run a scenario on a server whose application is wrapped."""

    async def main() -> None:
        site = Site(echo=True)
        async with (
            asyncio.timeout(20),
            serving(site, application=wrap(site.app), direct=hosting.direct, **settings) as served,
        ):
            await scenario(served)

    with asyncio.Runner(loop_factory=hosting.loop_factory) as runner:
        runner.run(main())


@on_every_hosting
def test_handlers_see_the_context_variables_that_a_middleware_has_set_for_their_connection(
    hosting: Hosting,
) -> None:
    def wrap(app: Application) -> Application:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                user.set(scope["path"].rsplit("/", 2)[1])
            await app(scope, receive, send)

        return middleware

    async def scenario(served: Served) -> None:
        seen: list[str] = []
        connections: list[Connection] = []
        for name in ("ann", "bob"):
            connection, _ = await answered(served, upgrade(f"/socket.io/{name}/"))
            await frame(connection[0])
            recorder = served.site.recorders[-1]

            def receive_text(packet: str) -> bool:
                seen.append(f"{packet} from {user.get()}")
                return True

            recorder.receive_text = receive_text  # type: ignore[method-assign]  # another upper layer
            connections.append(connection)
        for count, connection in enumerate(connections * 2, 1):
            await send_at_once(connection, text("4hi"))
            await until(lambda count=count: len(seen) == count)  # type: ignore[misc]  # a default argument has no type here
        assert seen == ["4hi from ann", "4hi from bob"] * 2
        assert user.get("nobody") == "nobody"

    play(hosting, wrap, scenario)


@on_every_hosting
def test_a_middleware_may_refuse_before_or_in_place_of_the_acceptance(hosting: Hosting) -> None:
    def wrap(app: Application) -> Application:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if b"x-before" in dict(scope.get("headers", ())):
                await send(
                    {
                        "type": "websocket.http.response.start",
                        "status": 401,
                        "headers": [(b"x-why", b"because")],
                    }
                )
                await send({"type": "websocket.http.response.body", "body": b"who are you?"})
                return

            async def refuse(message: Message) -> None:
                await send(
                    {"type": "websocket.close", "code": 1008}
                    if message["type"] == "websocket.accept"
                    else message
                )

            await app(
                scope, receive, refuse if b"x-instead" in dict(scope.get("headers", ())) else send
            )

        return middleware

    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(upgrade("/socket.io/", "X-Before: 1"))
        assert await response(reader) == (401, b"who are you?")
        (reader, _), head = await answered(served, upgrade("/socket.io/", "X-Instead: 1"))
        assert " 403 " in head
        await reader.read()
        await served.gone()
        await until(lambda: not served.transports)

    play(hosting, wrap, scenario)


@on_every_hosting
def test_the_engine_refuses_with_a_response(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(upgrade("/socket.io/").replace(b"EIO=4", b"EIO=3"))
        status, body = await response(reader)
        assert (status, body) == (400, b'{"code":5,"message":"Unsupported protocol version"}')
        assert await reader.read() == b""
        assert served.site.engine.sessions == 0

    hosting.play(scenario)


@on_every_hosting
def test_headers_of_middlewares_and_the_engine_and_the_subprotocol_are_answered(
    hosting: Hosting,
) -> None:
    def wrap(app: Application) -> Application:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            async def add(message: Message) -> None:
                if message["type"] == "websocket.accept":
                    message["headers"] = [*message.get("headers", ()), (b"X-Trace", b"42")]
                await send(message)

            await app(scope, receive, add)

        return middleware

    async def scenario(served: Served) -> None:
        connection, head = await answered(
            served, upgrade("/socket.io/", "Sec-WebSocket-Protocol: chat, superchat")
        )
        lines = head.split("\r\n")
        assert lines[0] == "http/1.1 101 switching protocols"
        for line in [
            "upgrade: websocket",
            "connection: upgrade",
            "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
            "sec-websocket-protocol: chat",
            "x-trace: 42",
            "server: uvicorn",
        ]:
            assert lines.count(line) == 1, line
        assert sum(line.startswith("date: ") for line in lines) == 1
        await frame(connection[0])
        await send_at_once(connection, text("4hi"))
        assert await frame(connection[0]) == (0x81, b"4hi")

    play(hosting, wrap, scenario)


@on_every_hosting
@pytest.mark.parametrize("framework", [FastAPI, Starlette])
def test_it_is_mounted_below_a_prefix_beside_other_websockets(
    hosting: Hosting, framework: type[FastAPI | Starlette]
) -> None:
    def wrap(app: Application) -> Application:
        if framework is Starlette:
            return Starlette(routes=[Mount("/live", app=app)])
        api = FastAPI()

        async def other(websocket: WebSocket) -> None:
            await websocket.accept(headers=[(b"x-other", b"1")])
            await websocket.send_text("hello " + await websocket.receive_text())
            await websocket.close(4001, "enough")

        api.add_api_websocket_route("/other", other)
        api.mount("/live", app)
        return api

    async def scenario(served: Served) -> None:
        connection, _ = await answered(served, upgrade("/live/socket.io/"))
        assert (await frame(connection[0]))[1].startswith(b"0{")
        await send_at_once(connection, text("4hi"))
        assert await frame(connection[0]) == (0x81, b"4hi")
        assert (
            served.site.recorder.socket.request.url == "/live/socket.io/?EIO=4&transport=websocket"
        )
        if framework is FastAPI:
            connection, head = await answered(served, upgrade("/other"))
            assert "x-other: 1" in head
            await send_at_once(connection, text("you"))
            assert [await frame(connection[0]) for _ in range(2)] == [
                (0x81, b"hello you"),
                (0x88, b"\x0f\xa1enough"),
            ]
            await send_at_once(connection, masked(0x88, b"\x0f\xa1enough"))
            assert await everything(connection[0]) == []
        reader, writer = await served.connect()
        writer.write(upgrade("/elsewhere"))
        assert b" 403 " in await reader.readuntil(b"\r\n\r\n")

    play(hosting, wrap, scenario)


@on_every_hosting
def test_an_application_that_fails_answers_500_before_and_is_logged_after_the_acceptance(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    def wrap(app: Application) -> Application:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == "/before":
                raise RuntimeError("before")
            await app(scope, receive, send)
            if scope["type"] == "websocket":
                raise RuntimeError("after")

        return middleware

    async def scenario(served: Served) -> None:
        (reader, _), head = await answered(served, upgrade("/before"))
        assert " 500 " in head
        await reader.read()
        connection, _ = await answered(served, upgrade())
        await frame(connection[0])
        await send_at_once(connection, masked(0x88, b"\x03\xe8"))
        await everything(connection[0])
        await until(lambda: not served.transports)

    with caplog.at_level(logging.CRITICAL + 1, "uvicorn.error"):
        play(hosting, wrap, scenario)


@on_every_hosting
def test_a_client_that_leaves_before_the_answer_leaves_nothing_behind(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        answer = asyncio.Event()

        async def wait(request: EngineRequest) -> None:
            await answer.wait()

        served.site.engine.use(wait)
        _, writer = await served.connect()
        writer.write(upgrade())
        await until(lambda: bool(served.host.server_state.tasks))
        writer.transport.abort()
        await until(lambda: not served.transports)
        answer.set()
        await until(lambda: not served.host.server_state.tasks)
        await served.gone()

    hosting.play(scenario)


@on_every_hosting
def test_a_server_that_stops_during_a_handshake_refuses_it(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        answer = asyncio.Event()

        async def wait(request: EngineRequest) -> None:
            await answer.wait()

        served.site.engine.use(wait)
        reader, writer = await served.connect()
        writer.write(upgrade())
        await until(lambda: bool(served.host.server_state.tasks))
        served.host.should_exit = True
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 50" in head
        answer.set()

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_stops_while_a_middleware_holds_the_acceptance_does_not_wait_for_it(
    hosting: Hosting, when: str
) -> None:
    release = asyncio.Event()

    def wrap(app: Application) -> Application:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            async def hold(message: Message) -> None:
                if message["type"] == "websocket.accept":
                    if when == "before":
                        await release.wait()
                        await send(message)
                    else:
                        await send(message)
                        await release.wait()
                else:
                    await send(message)

            await app(scope, receive, hold)

        return middleware

    async def scenario(served: Served) -> None:
        _, writer = await served.connect()
        writer.write(upgrade())
        await until(lambda: served.site.engine.sessions == 1)
        served.host.should_exit = True
        await until(lambda: all(transport.is_closing() for transport in served.transports))
        release.set()
        await until(lambda: not served.transports and not served.host.server_state.tasks)
        await served.gone()

    play(hosting, wrap, scenario)


@on_every_hosting
@pytest.mark.parametrize(
    "query",
    ["", "&sid=unknown", "&sid=unknown&x=" + "y" * 9000],
    ids=["accepted", "refused", "refused and long"],
)
@pytest.mark.parametrize(
    "line",
    [
        "X: y",
        "Origin: http://a\r\nOrigin: http://b",
        "X: " + "a" * 10_000,
        "Sec-WebSocket-Protocol: a b",
        "Sec-WebSocket-Protocol:",
        "Connection: a b, upgrade",
    ],
    ids=[
        "nothing",
        "two origins",
        "a long line",
        "no token",
        "an empty subprotocol",
        "no connection option",
    ],
)
def test_unusual_heads_are_answered_and_leave_nothing_behind(
    hosting: Hosting, query: str, line: str
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(upgrade("/socket.io/", line).replace(b"EIO=4", b"EIO=4" + query.encode()))
        assert (await reader.readline()).split()[1] in {b"101", b"400", b"403"}
        writer.close()
        await until(lambda: not served.transports and not served.host.server_state.tasks)
        await served.gone()

    hosting.play(scenario)
