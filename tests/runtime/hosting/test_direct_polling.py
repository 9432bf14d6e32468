"""Long-polling past ASGI: what goes that way, and what is peculiar to it; `test_polling`
compares the answers.
"""

from __future__ import annotations

import asyncio
import socket as sockets
from contextlib import suppress
from itertools import pairwise
from typing import Any, cast

import pytest
from ackord.runtime.asgi_types import Receive, Scope, Send
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn import bounds
from ackord.runtime.hosting.uvicorn.http import REQUESTS_PER_TURN, Http
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from typing_extensions import override

from tests.attempts import hold_once
from tests.runtime.engine.harness import Recorder, Site
from tests.runtime.hosting.network import Served, frame, masked, play, serving, until
from tests.runtime.hosting.talk import Talk, transcript


def test_a_request_is_answered_before_the_nonsense_behind_it() -> None:
    """Through ASGI the answer comes too late for the connection, which is closed because of the
    nonsense.
    """

    async def nonsense(talk: Talk) -> None:
        connection = await talk.connect()
        query = await talk.open(connection)
        await talk.post(connection, query, b"4abc", length=2)
        await talk.receive(connection)
        await talk.receive(connection)
        await talk.end(connection)

    received, told = transcript(nonsense, hosting="direct")
    assert [each[:12] for each in received] == [
        b"HTTP/1.1 200",
        b"HTTP/1.1 200",
        b"HTTP/1.1 400",
        b"<end>",
    ]
    assert told[0][0] == ["4a"]


# What goes past ASGI, and what doesn't


@pytest.mark.parametrize(
    ("request_", "is_direct"),
    [
        ("GET /socket.io/?QUERY HTTP/1.1\nHost: x\n\n", True),
        (
            (
                "GET /socket.io/?t=x&QUERY HTTP/1.1\nHost: x\nOrigin: "
                "https://app.example\nCookie: a=b\nAccept-Encoding: gzip\n\n"
            ),
            True,
        ),
        ("GET /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 0\n\n", True),
        (
            (
                "POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 2\nContent-Type: "
                "text/plain;charset=UTF-8\n\n4a"
            ),
            True,
        ),
        ("POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 65536\n\n", True),
        ("POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 65537\n\n", False),
        (
            "POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 99999999999999999999\n\n",
            False,
        ),
        ("POST /socket.io/?QUERY HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n", False),
        (
            "POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 2\nExpect: 100-continue\n\n",
            False,
        ),
        (
            (
                "POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Length: 2\nContent-Type: "
                "application/octet-stream\n\n4a"
            ),
            False,
        ),
        ("GET /socket.io/?QUERY HTTP/1.0\nConnection: keep-alive\n\n", False),
        ("GET /socket.io/?QUERY HTTP/1.1\nHost: x\nConnection: close\n\n", False),
        ("GET /socket.io/?QUERY&a=%20 HTTP/1.1\nHost: x\n\n", False),
        ("GET /socket.io?QUERY HTTP/1.1\nHost: x\n\n", False),
        ("HEAD /socket.io/?QUERY HTTP/1.1\nHost: x\n\n", False),
    ],
)
def test_ordinary_requests_of_open_sessions_go_past_asgi(request_: str, *, is_direct: bool) -> None:
    async def ask(talk: Talk) -> None:
        query = await talk.open()
        connection = await talk.connect()
        await talk.send(connection, request_.replace("QUERY", query))
        await asyncio.sleep(0.02)
        assert talk.is_direct() is is_direct
        connection[1].transport.abort()

    transcript(ask, hosting="direct")


async def is_direct(served: Served) -> bool:
    """Whether a GET that waits does so without ASGI; it is answered then."""
    talk = Talk(served, cut=False)
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query)
    socket = talk.site.recorders[-1].socket
    await until(lambda: socket.writable)
    answer = talk.is_direct()
    socket.send("4a")
    assert await talk.receive(connection) == 200
    return answer


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        ({"direct": False}, False),
        ({"root_path": "/mounted"}, False),
        ({"access_log": True, "log_level": "info"}, False),
        ({"limit_concurrency": 100}, False),
        ({"proxy_headers": True}, False),
        ({"http": "httptools"}, False),
        ({"timeout_keep_alive": 1}, True),
    ],
)
def test_settings_that_concern_each_request_have_all_go_through_asgi(
    settings: dict[str, Any], *, expected: bool
) -> None:
    async def scenario(served: Served) -> None:
        assert await is_direct(served) is expected

    play(scenario, settings=settings)


def test_where_the_application_is_mounted_in_another_one_that_one_sees_each_request() -> None:
    seen: list[str] = []

    async def scenario() -> None:
        site = Site()

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                seen.append(scope["method"])
            await site.app(scope, receive, send)

        async with serving(site, application=outer) as served:
            assert await is_direct(served) is False
        assert seen == ["GET", "GET"]

    asyncio.run(scenario())


def test_behind_a_middleware_that_wraps_receive_a_get_is_answered_and_its_loss_noticed() -> None:
    async def name_method(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-method"] = request.method
        return response

    async def scenario() -> None:
        site = Site(echo=True)
        application = Starlette(
            routes=[Mount("/", app=site.app)],
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=name_method)],
        )
        async with serving(site, application=application, lifespan="off") as served:
            talk = Talk(served, cut=False)
            query = await talk.open()
            getting, posting = await talk.connect(), await talk.connect()
            for _ in range(3):
                await talk.get(getting, query)
                await talk.parked()
                await talk.post(posting, query, b"4a")
                assert await talk.receive(posting) == 200
                assert await talk.receive(getting) == 200
                assert b"\r\nx-method: GET\r\n" in talk.received[-1]
                assert talk.received[-1].endswith(b"\r\n\r\n4a")
            await talk.get(getting, query)
            await talk.parked()
            getting[1].transport.abort()
            await talk.over()
            assert site.recorder.ends == [("transport error", "poll connection closed prematurely")]

    asyncio.run(scenario())


def test_an_application_that_does_more_in_a_subclass_sees_each_request() -> None:
    class Counting(AsgiApp):
        requests = 0

        @override
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            self.requests += scope["type"] == "http"
            await super().__call__(scope, receive, send)

    async def scenario() -> None:
        site = Site()
        site.app = app = Counting(site.engine)
        async with serving(site) as served:
            assert await is_direct(served) is False
        assert app.requests == 2

    asyncio.run(scenario())


def test_who_wants_to_see_each_request_does_from_then_on() -> None:
    seen: list[str] = []

    async def watch(request: EngineRequest) -> None:
        seen.append(request.method)

    def add_header(headers: dict[str, str | list[str]], request: EngineRequest) -> None:
        headers["x-method"] = request.method

    async def listen(talk: Talk) -> None:
        query = await talk.open()
        connection = await talk.connect()
        await talk.post(connection, query, b"4a")
        await talk.receive(connection)
        engine = talk.site.engine
        engine.on("headers", add_header)
        await talk.post(connection, query, b"4a")
        await talk.receive(connection)
        engine.off("headers", add_header)
        await talk.post(connection, query, b"4a")
        await talk.receive(connection)
        engine.use(watch)
        await talk.post(connection, query, b"4a")
        await talk.receive(connection)
        assert [b"\r\nx-method: POST\r\n" in each for each in talk.received] == [
            False,
            False,
            True,
            False,
            False,
        ]
        assert seen == ["POST"]

    transcript(listen, hosting="direct")


# Time, and connections


async def answer_pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keep a session alive until the server ends its WebSocket."""
    with suppress(asyncio.IncompleteReadError):
        while (await frame(reader))[1] == b"2":
            writer.write(masked(0x81, b"3"))


def test_a_body_has_its_time_also_when_the_session_is_upgraded_meanwhile() -> None:
    async def upgrade(talk: Talk) -> None:
        query = await talk.open()
        connection = await talk.connect()
        await talk.post(connection, query, b"4a", length=3)
        await asyncio.sleep(0.02)
        reader, writer = await talk.served.websocket(query.replace("=polling", "=websocket"))
        writer.write(masked(0x81, b"2probe"))
        assert await frame(reader) == (0x81, b"3probe")
        writer.write(masked(0x81, b"5"))
        started = asyncio.get_running_loop().time()
        await answer_pings(reader, writer)
        assert asyncio.get_running_loop().time() - started > 0.3
        await talk.receive(connection)
        await talk.end(connection)

    direct = transcript(upgrade, hosting="direct", ping_interval=0.1, ping_timeout=0.4)
    assert direct == transcript(upgrade, hosting="asgi", ping_interval=0.1, ping_timeout=0.4)
    assert direct[1] == [([], [("transport error", "request body incomplete after 0.5 seconds")])]


@pytest.mark.parametrize("hosting", ["direct", "asgi"])
def test_an_idle_connection_is_closed_after_its_time_and_one_that_is_used_is_not(
    hosting: str,
) -> None:
    def claim(timeout: float) -> None:
        async def idle(talk: Talk) -> None:
            loop = asyncio.get_running_loop()
            connection = await talk.connect()
            query = await talk.open(connection)
            for _ in range(4):
                await asyncio.sleep(timeout / 2)
                await talk.post(connection, query, b"4a")
                await talk.receive(connection)
            await talk.get(connection, query)
            await talk.receive(connection)
            await talk.get(connection, query)
            await asyncio.sleep(1.3 * timeout)  # a GET that waits isn't idle
            since = loop.time()
            talk.site.recorder.socket.send("4b")
            await talk.receive(connection)
            await talk.end(connection)
            assert 0.9 * timeout < loop.time() - since < 2 * timeout

        transcript(idle, hosting=hosting, settings={"timeout_keep_alive": timeout})

    hold_once(claim, (0.3, 0.6, 3.5))


def test_a_connection_that_has_served_both_ways_is_idle_after_the_last() -> None:
    def claim(timeout: float) -> None:
        async def both(talk: Talk) -> None:
            loop = asyncio.get_running_loop()
            connection = await talk.connect()
            query = await talk.open(connection)
            since = 0.0
            for more in ("", "&a=%20", "", "&a=%20"):
                await asyncio.sleep(0.4 * timeout)
                since = loop.time()
                await talk.post(connection, query + more, b"4a")
                await talk.receive(connection)
            await talk.end(connection)
            assert 0.9 * timeout < loop.time() - since < 2 * timeout

        transcript(both, hosting="direct", settings={"timeout_keep_alive": timeout})

    hold_once(claim, (0.3, 0.6, 3.5))


@pytest.mark.parametrize("hosting", ["direct", "asgi"])
@pytest.mark.parametrize("beginning", ["G", "POST /socket.io/?QUERY HTTP/1.1\nHost: x\nContent-Le"])
def test_a_later_request_that_is_never_finished_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch, hosting: str, beginning: str
) -> None:
    monkeypatch.setattr(bounds, "HEAD_TIMEOUT", 0.2)

    async def begin(talk: Talk) -> None:
        connection = await talk.connect()
        query = await talk.open(connection)
        await talk.post(connection, query, b"4a")
        await talk.receive(connection)
        await talk.send(connection, beginning.replace("QUERY", query))
        await asyncio.wait_for(talk.end(connection), 10)
        assert talk.received[-1] == b"<end>" or talk.received[-1] == b"reset<end>"

    transcript(begin, hosting=hosting)


def test_a_websocket_on_a_connection_of_long_polling_outlives_its_time_to_be_idle() -> None:
    def claim(timeout: float) -> None:
        async def upgrade(talk: Talk) -> None:
            connection = await talk.connect()
            query = await talk.open(connection)
            await talk.post(connection, query, b"4a")
            await talk.receive(connection)
            await talk.get(
                connection,
                "EIO=4&transport=websocket",
                (
                    "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: "
                    "13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
                ),
            )
            assert await talk.receive(connection) == 101
            reader, writer = connection
            assert (await frame(reader))[1].startswith(b"0{")
            await asyncio.sleep(2 * timeout)
            writer.write(masked(0x81, b"4still here"))
            assert await frame(reader) == (0x81, b"4still here")

        transcript(upgrade, hosting="direct", settings={"timeout_keep_alive": timeout})

    hold_once(claim, (0.2, 1, 5))


def test_others_have_their_turn_between_many_requests_that_are_sent_ahead() -> None:
    async def flood(talk: Talk) -> None:
        query = await talk.open()
        connection = await talk.connect()
        turns: list[int] = []
        recorder = talk.site.recorder

        def turn() -> None:
            turns.append(len(recorder.log))
            if len(recorder.log) < 90:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        await talk.send(
            connection, f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2\n\n4a" * 90
        )
        for _ in range(90):
            assert await talk.receive(connection) == 200
        steps = [after - before for before, after in pairwise(turns)]
        assert max(steps) <= REQUESTS_PER_TURN + 1

    transcript(flood, hosting="direct")


def test_a_client_that_does_not_read_its_answers_is_not_read_from() -> None:
    async def answers(talk: Talk) -> None:
        connection = await talk.connect()
        query = await talk.open(connection)
        connection[0]._transport.pause_reading()  # type: ignore[attr-defined]  # how else does one not read?
        connection[1].get_extra_info("socket").setsockopt(
            sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096
        )
        recorder = talk.site.recorder
        [served] = talk.served.host.server_state.connections
        assert isinstance(served, Http)
        for _ in range(300):
            if recorder.socket.buffered == 0:
                recorder.socket.send("4" + "x" * 100_000)
            await talk.get(connection, query)
            await asyncio.sleep(0.001)
        assert recorder.socket.buffered > 0  # the last answers aren't even fetched
        assert served.transport.get_write_buffer_size() < 1_000_000
        connection[1].transport.abort()

    transcript(answers, hosting="direct")


class Broken(Recorder):
    @override
    async def ready(self) -> None:
        raise LookupError("a bug")


@pytest.mark.parametrize("hosting", ["direct", "asgi"])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_mistake_of_ours_is_answered_with_500_and_logged(
    hosting: str, capfd: pytest.CaptureFixture[str], *, is_late: bool
) -> None:
    async def post(talk: Talk) -> None:
        query = await talk.open()
        connection = await talk.connect()
        socket = talk.site.recorder.session
        socket.handler = Broken(socket, congested=True) if is_late else cast("Recorder", None)
        await talk.post(connection, query, b"3")
        assert await talk.receive(connection) == 500
        await talk.end(connection)
        assert talk.received[-2].endswith(b"connection: close\r\n\r\nInternal Server Error")
        socket.handler = talk.site.recorder

    transcript(post, hosting=hosting)
    assert (
        capfd.readouterr().err.count(
            "LookupError: a bug" if is_late else "'NoneType' object has no attribute 'congested'"
        )
        == 1
    )


@pytest.mark.parametrize("hosting", ["direct", "asgi"])
def test_a_server_that_stops_answers_who_waits_and_closes(hosting: str) -> None:
    async def stop(talk: Talk) -> None:
        waiting, posting, idle = await talk.connect(), await talk.connect(), await talk.connect()
        first, second = await talk.open(idle), await talk.open(idle)
        await talk.post(idle, first, b"4a")
        await talk.receive(idle)
        await talk.get(waiting, second)
        await talk.parked(1)
        await talk.post(posting, first, b"4a", length=3)
        await asyncio.sleep(0.05)
        talk.served.host.should_exit = True
        assert await talk.receive(waiting) == 200
        await talk.receive(posting)
        for connection in (waiting, posting, idle):
            await talk.end(connection)
        assert talk.received[3].endswith(b"\r\n\r\n1")

    transcript(stop, hosting=hosting)
