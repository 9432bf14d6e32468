"""Which transport a client opens, in which time, with which headers, and what it says if none
works.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from typing import Any

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.engine.client import Connection
from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    HttpClient,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.errors import AckordError, DisconnectedError, ProtocolError, UsageError
from ackord.runtime.testing import OPEN_PACKET, RawServer, VirtualClockLoop, run
from typing_extensions import override

from tests.runtime.engine.client_harness import (
    OFFER,
    PollingPeer,
    Recorder,
    make_engine,
    open_connection,
    run_alone,
    start,
)

NEVER = "never"
"""Stands for a WebSocket whose handshake gets no answer."""


class NoWebSockets(RawServer):
    """A server, or a proxy before it, that lets no WebSocket through."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__()
        self.why = why
        self.is_final = is_final
        self.attempts = 0

    @override
    async def open_websocket(
        self, url: str, headers: Mapping[str, str], receiver: TransportReceiver
    ) -> ClientWebSocket:
        self.attempts += 1
        if self.why == NEVER:
            await asyncio.Event().wait()
        if self.why:
            raise TransportLostError("transport error", self.why, is_final=self.is_final)
        return await super().open_websocket(url, headers, receiver)


class NoPolling(RawServer):
    @override
    def open_http(self, url: str) -> HttpClient:
        raise AssertionError("long-polling must not be tried")


@pytest.mark.parametrize(("why", "after"), [("refused", 0), (NEVER, 5)])
def test_long_polling_is_used_where_no_websocket_opens(why: str, after: float) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        server = NoWebSockets(why)
        peer = PollingPeer(server)
        engine = make_engine(server, timeout=10)
        started = loop.time()
        connection = await engine.open()
        assert (connection.transport, loop.time() - started) == ("polling", after)
        connection.end("forced close")
        # What has worked is tried first the next time, and the upgrade is tried again.
        server.why = ""
        connection, _ = start(await engine.open())
        websocket = await server.accept()
        await websocket.expect("2probe")
        assert server.attempts == 2
        await connection.close("io client disconnect")
        await peer.close()

    run_alone(scenario)


@pytest.mark.parametrize(
    ("options", "is_final"),
    [({"transports": ("websocket",)}, False), ({"try_all_transports": False}, False), ({}, True)],
)
def test_no_other_transport_is_tried_where_it_must_not_or_would_fail_too(
    options: dict[str, Any], is_final: bool
) -> None:
    async def scenario() -> None:
        server = NoWebSockets("no such host", is_final=is_final)
        with pytest.raises(DisconnectedError, match=r"^no such host$"):
            await make_engine(server, **options).open()
        with pytest.raises(TimeoutError):
            await server.accept_request(timeout=1)

    run_alone(scenario)


def test_an_error_names_each_transport_that_failed() -> None:
    async def scenario() -> None:
        server = NoWebSockets("refused")
        opening = asyncio.ensure_future(make_engine(server).open())
        (await server.accept_request()).answer("no", status=500)
        with pytest.raises(
            DisconnectedError,
            match=r"^no transport works: websocket: refused; polling: http://test/socket.io/ refused a GET with HTTP status 500$",
        ):
            await opening

    run_alone(scenario)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("websocket", "polling")])
@pytest.mark.parametrize("cancel", [False, True])
def test_opening_takes_no_longer_than_its_timeout_and_leaves_nothing(
    transports: tuple[str, ...], cancel: bool
) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        server = RawServer()  # which accepts everything, and says nothing
        started = loop.time()
        opening = asyncio.ensure_future(
            make_engine(server, timeout=2, transports=transports).open()
        )
        if cancel:
            await asyncio.sleep(0.5)
            opening.cancel()
        with pytest.raises((DisconnectedError, asyncio.CancelledError)) as caught:
            await opening
        assert loop.time() - started == (0.5 if cancel else 2)
        if not cancel:
            assert "did not open a session within 2 seconds" in str(caught.value)

    run_alone(scenario)


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        ("0{", "not JSON"),
        ('0{"sid":7}', "no valid"),
        ("4hello", "not an open packet"),
        (
            '97:0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":5000}2:40',
            "Socket.IO 2",
        ),
    ],
)
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_bad_open_packet_is_told_at_once(packet: str, words: str, transport: str) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        server = RawServer()
        opening = asyncio.ensure_future(make_engine(server, transports=[transport]).open())
        if transport == "websocket":
            websocket = await server.accept()
            await websocket.send(packet)
        else:
            (await server.accept_request()).answer(packet)
        with pytest.raises(ProtocolError, match=words):
            await opening
        assert loop.time() == 0

    run_alone(scenario)


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (400, '{"code":0,"message":"Transport unknown"}', {}, "'Transport unknown'.*transports"),
        (400, '{"code":3,"message":"Bad request"}', {}, "'Bad request'.*`path`"),
        (400, '{"code":5,"message":"Unsupported"}', {}, "another version.*Socket.IO 3 or newer"),
        (403, '{"code":4,"message":"Forbidden"}', {}, "403, 'Forbidden'.*forbids"),
        (403, '{"code":4,"message":"' + r"é\n" * 999 + '"}', {}, r"403, 'é\\né.*…: the server"),
        (400, '{"code":true,"message":"x"}', {}, "HTTP status 400$"),
        (400, "[" * 99_999, {}, "HTTP status 400$"),
        (401, "", {}, "credentials.*`headers`"),
        (404, "<html>", {}, "404: nothing is served at this path.*`path`"),
        (502, "", {}, "proxy doesn't reach"),
        (307, "", {"Location": "https://u:secret@evil.example/x"}, "host 'evil.example'"),
        (200, "<!DOCTYPE html>", {}, "a web page instead of Engine.IO"),
        (200, "hello", {"content-type": "text/html; charset=UTF-8"}, "a web page"),
        (200, ' {"hello":1}', {}, "JSON instead of Engine.IO"),
        (200, "\x00\x01", {}, "unknown packet type"),
        (200, "", {}, "empty packet"),
    ],
)
def test_what_is_no_engineio_is_named_with_what_to_do(
    status: int, body: str, headers: dict[str, str], words: str
) -> None:
    async def scenario() -> None:
        server = RawServer()
        opening = asyncio.ensure_future(make_engine(server, transports=["polling"]).open())
        (await server.accept_request()).answer(body, status=status, headers=headers)
        with pytest.raises(AckordError, match=f"(?s){words}") as caught:
            await opening
        assert "secret" not in str(caught.value)
        assert len(str(caught.value)) < 400

    run_alone(scenario)


def test_headers_query_and_cookies_go_with_every_request() -> None:
    async def scenario() -> None:
        server = RawServer()
        engine = make_engine(
            server,
            transports=("polling", "websocket"),
            headers={"X-Mine": "1", "cookie": "mine=1"},
            query={"q": "a b"},
        )
        opening = asyncio.ensure_future(engine.open())
        first = await server.accept_request()
        assert first.query.items() >= {"q": "a b", "EIO": "4", "transport": "polling"}.items()
        assert first.headers == {"Accept": "*/*", "X-Mine": "1", "cookie": "mine=1"}
        first.answer(OFFER, headers={"Set-Cookie": "lb=one; Path=/; HttpOnly"})
        connection, _ = start(await opening)
        second = await server.accept_request()
        assert second.headers["cookie"] == "mine=1; lb=one"
        websocket = await server.accept()
        assert "q=a+b" in websocket.url
        assert server.headers["cookie"] == "mine=1; lb=one"
        assert second.query["t"] != first.query["t"]
        connection.end("forced close")
        await connection.wait_closed()
        # A client that comes back finds the same server.
        opening = asyncio.ensure_future(engine.open())
        again = await server.accept_request()
        while "sid" in again.query:
            again = await server.accept_request()
        assert again.headers["cookie"] == "mine=1; lb=one"
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)

    run_alone(scenario)


def test_a_remembered_upgrade_opens_a_websocket_at_once() -> None:
    async def scenario() -> None:
        server = NoWebSockets("")
        peer = PollingPeer(server)
        engine = make_engine(server, transports=("polling", "websocket"), remember_upgrade=True)
        connection, _ = start(await engine.open())
        websocket = await server.accept()
        await websocket.send("3probe")
        await asyncio.sleep(0.1)
        peer.say("6")
        await websocket.expect("2probe", "5")
        await connection.close("io client disconnect")
        opening = asyncio.ensure_future(engine.open())
        websocket = await server.accept()
        assert "sid=" not in websocket.url
        await websocket.send(OPEN_PACKET)
        (await opening).end("forced close")
        # One that fails is forgotten.
        server.why = "refused"
        connection = await engine.open()
        assert connection.transport == "polling"
        connection.end("forced close")
        await peer.close()

    run_alone(scenario)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transports": ()}, "transports must name"),
        ({"transports": ("polling", "polling")}, "each once"),
        ({"transports": ("webtransport",)}, "'polling' or 'websocket'"),
        ({"transports": "polling"}, "a list"),
        ({"tryAllTransports": True}, "did you mean 'try_all_transports'"),
        ({"max_message": -1}, "zero or more"),
        ({"compression": "deflate"}, "True or False"),
        ({"ssl": True}, "SSLContext"),
        ({"proxy": False}, "proxy must be"),
        ({"headers": {"a b": "1"}}, "can't be sent"),
        ({"connector": object()}, "connector must be"),
    ],
)
def test_options_that_cannot_work_are_refused(options: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Manager("http://test", **options)


def test_a_connection_needs_no_handler_to_be_ended() -> None:
    async def scenario() -> None:
        connection, recorder = await open_connection_over_websocket()
        connection.end("one", "why")
        connection.end("two")
        assert recorder.ends == [("one", "why")]

    run_alone(scenario)


def test_a_loop_that_ends_while_a_connection_is_open_closes_it_and_waits_for_that() -> None:
    connection, recorder = run(open_connection_over_websocket())
    assert not connection.is_open
    assert recorder.ends == [("forced close", None)]


def test_a_connection_whose_loop_was_closed_is_forgotten_without_a_complaint() -> None:
    loop = VirtualClockLoop()
    connection, recorder = loop.run_until_complete(open_connection_over_websocket())
    loop.close()
    del connection
    gc.collect()  # what is raised here is an error of pytest's
    assert recorder.ends == []


async def open_connection_over_websocket() -> tuple[Connection, Recorder]:
    server = RawServer()
    opening = asyncio.ensure_future(open_connection(server))
    await (await server.accept()).send(OPEN_PACKET)
    return await opening
