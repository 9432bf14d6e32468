"""Bugs and exceptions of what surrounds the engine: nothing leaks, and no other session notices."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest
from ackord.runtime.asgi_types import Message
from ackord.runtime.engine.hooks import RefusedRequest
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.testing.clock import run
from typing_extensions import override

from tests.attempts import hold_once
from tests.runtime.engine.harness import DeniedError, Recorder, Request, Site, WebSocket, scope_of


def test_a_connect_that_raises_leaves_no_session() -> None:
    def connect(socket: EngineSocket) -> Recorder:
        raise LookupError("a bug")

    async def scenario() -> None:
        engine = EngineServer(EngineOptions(), connect)
        with pytest.raises(LookupError):
            await Request(AsgiApp(engine), "GET", "EIO=4&transport=polling").task
        with pytest.raises(LookupError):
            await WebSocket(AsgiApp(engine), "EIO=4&transport=websocket").task
        assert engine.sessions == 0

    run(scenario())


def test_a_connect_may_send_and_close() -> None:
    def connect(socket: EngineSocket) -> Recorder:
        socket.send("4hello")
        socket.close()
        return Recorder(socket)

    async def scenario() -> None:
        engine = EngineServer(EngineOptions(), connect)
        app = AsgiApp(engine)
        response = await Request(app, "GET", "EIO=4&transport=polling").response()
        assert response.text.endswith("\x1e4hello")
        websocket = WebSocket(app, "EIO=4&transport=websocket")
        await websocket.opening()
        packet = await websocket.receive()
        assert isinstance(packet, str)
        assert packet.startswith("0")
        assert await websocket.receive() == "4hello"
        assert await websocket.closed() == 1000

    run(scenario())


def test_an_upper_layer_that_raises_when_it_is_told_of_the_end_stops_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Recorder):
        @override
        def closed(self, reason: str, description: str | None = None) -> None:
            raise LookupError("a bug")

    async def scenario() -> None:
        engine = EngineServer(EngineOptions(), Broken)
        for _ in range(3):
            await Request(AsgiApp(engine), "GET", "EIO=4&transport=polling").response()
        await engine.close()
        assert engine.sessions == 0

    run(scenario())
    assert caplog.text.count("LookupError: a bug") == 1
    assert "2 more of these since" in caplog.text


def test_a_post_that_the_host_cancels_ends_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        post = Request(site.app, "POST", await site.open_polling(), [b"4a"], is_complete=False)
        await asyncio.sleep(1)
        post.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await post.task
        assert site.recorder.ends == [("transport error", "data request cancelled")]

    run(scenario())


def test_a_host_that_raises_instead_of_telling_of_a_disconnect_counts_as_one() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()

        async def receive() -> Message:
            await asyncio.sleep(1)
            raise ConnectionResetError

        async def send(message: Message) -> None:
            raise ConnectionResetError

        await site.app(scope_of("http", query, {}, "/socket.io/", method="GET"), receive, send)
        assert site.recorder.ends == [("transport error", "poll connection closed prematurely")]

    run(scenario())


def test_congestion_in_the_middle_of_a_long_body_holds_the_rest_back() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        recorder = site.recorder
        recorder.congested = True
        post = asyncio.create_task(site.post(query, b"\x1e".join([b"4"] * 1000)))
        await asyncio.sleep(1)
        assert len(recorder.log) == 8, "one step"
        recorder.relieve()
        assert (await post).text == "ok"
        assert len(recorder.log) == 1000

    run(scenario())


@pytest.mark.parametrize("packet", [b"4", b"4" * 400], ids=["small packets", "a large body"])
def test_other_sessions_have_their_turn_within_a_body(packet: bytes) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        log = site.recorder.log
        post = asyncio.create_task(site.post(query, b"\x1e".join([packet] * 1000)))
        seen = [0]
        while not post.done():
            await asyncio.sleep(0)
            seen.append(len(log))
        assert max(after - before for before, after in pairwise(seen)) == 256
        assert seen[-1] == 1000

    run(scenario())


def test_the_end_of_a_session_releases_a_body_that_waits_for_the_upper_layer() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        site.recorder.congested = True
        post = asyncio.create_task(site.post(query, b"\x1e".join([b"4"] * 1000)))
        await asyncio.sleep(1)
        site.recorder.socket.close(discard=True)
        await asyncio.wait_for(post, 1)
        assert len(site.recorder.log) == 8

    run(scenario())


def test_a_request_meets_no_session_that_is_over_by_the_clock() -> None:
    def claim(scale: float) -> None:
        async def scenario() -> None:
            site = Site(ping_interval=0.02 * scale, ping_timeout=0.04 * scale)
            query = await site.open_polling()
            assert (await site.get(query)).text == "2"
            time.sleep(0.06 * scale)  # noqa: ASYNC251 - the timer is late
            assert (await site.get(query)).status == 400

        asyncio.run(scenario())

    hold_once(claim, (1, 10, 100))


def test_a_websocket_that_is_refused_in_its_session_leaves_both_as_they_were() -> None:
    async def scenario() -> None:
        site = Site(echo=True, cors_origins=("https://app.example",))
        query = await site.open_polling()
        with pytest.raises(DeniedError):
            await site.websocket(
                query.replace("=polling", "=websocket"), headers={"origin": "https://evil.example"}
            )
        await site.post(query, b"4a")
        assert (await site.get(query)).text == "4a"

    run(scenario())


def test_binary_messages_of_a_slow_consumer_are_bounded_too() -> None:
    async def scenario() -> None:
        site = Site(max_buffered=1000)
        websocket = await site.open_websocket()
        websocket.free.clear()
        for _ in range(1000):
            site.recorder.socket.send_binary(b"x" * 100)
        await websocket.task
        assert site.recorder.ends == [("transport error", "slow consumer")]

    run(scenario())


@pytest.mark.parametrize("origin", ["http://[", "https://", "null", "\xff"])
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    async def scenario() -> None:
        site = Site(cors_origins=("https://app.example",))
        with pytest.raises(DeniedError):
            await site.websocket(headers={"origin": origin})

    run(scenario())


def test_a_query_string_that_is_too_long_is_not_parsed() -> None:
    async def scenario() -> None:
        site = Site()
        names: list[str] = []

        def refused(refusal: RefusedRequest) -> None:
            names.append(refusal.context["name"])

        site.engine.on("connection_error", refused)
        query = "EIO=4&transport=polling" + "&a=1" * 10_000
        response = await site.get(query)
        assert (response.status, response.text) == (
            414,
            '{"code":3,"message":"Query string too large"}',
        )
        with pytest.raises(DeniedError):
            await site.websocket(query)
        assert names == ["REQUEST_TOO_LARGE"] * 2

    run(scenario())


def test_repeated_headers_are_joined() -> None:
    async def scenario() -> None:
        site = Site()
        scope = scope_of("http", "EIO=4&transport=polling", {}, "/socket.io/", method="GET")
        scope["headers"] = [(b"X-A", b"1"), (b"x-b", b"2"), (b"x-a", b"3")]
        sent: list[Message] = []

        async def receive() -> Message:
            raise AssertionError("a handshake needs no body")

        async def send(message: Message) -> None:
            sent.append(message)

        await site.app(scope, receive, send)
        assert sent[0]["status"] == 200
        assert site.recorder.socket.request.headers == {"x-a": "1, 3", "x-b": "2"}

    run(scenario())
