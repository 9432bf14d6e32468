"""Every default of npm's engine.io, by its name there; `perMessageDeflate` is
tested on a real network in hosting.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest
from ackord.runtime.engine.options import EngineKeywords, EngineOptions
from ackord.runtime.server import Server
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Site

HANDSHAKE = "EIO=4&transport=polling"


def test_the_keywords_of_a_server_are_the_options_of_its_engine() -> None:
    assert set(EngineKeywords.__annotations__) == {
        field.name for field in dataclasses.fields(EngineOptions)
    }
    assert Server().engine.options == EngineOptions()
    assert Server(ping_interval=1, cors_origins="*").engine.options == EngineOptions(
        ping_interval=1, cors_origins="*"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/socket.io/", 200),
        ("/socket.io", 200),
        ("/socket.io/default/", 200),
        ("/socket.iox", 404),
        ("/engine.io/", 404),
    ],
)
def test_default_path_is_socket_io_as_a_prefix_and_add_trailing_slash_needs_no_option(
    path: str, status: int
) -> None:
    async def scenario() -> None:
        assert (await Request(Site().app, "GET", HANDSHAKE, path=path).response()).status == status

    run(scenario())


def test_default_ping_interval_is_25_seconds_and_ping_timeout_20() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        assert await websocket.receive() == "2"
        assert asyncio.get_running_loop().time() == pytest.approx(25)
        await websocket.task
        assert asyncio.get_running_loop().time() == pytest.approx(45, abs=0.1)
        assert site.recorder.ends == [("ping timeout", None)]

    run(scenario())


def test_default_upgrade_timeout_is_10_seconds() -> None:
    async def scenario() -> None:
        site = Site()
        query, websocket = await site.probed()
        await websocket.closed()
        assert asyncio.get_running_loop().time() == pytest.approx(10, abs=0.1)
        assert (await site.post(query, b"4a")).status == 200

    run(scenario())


@pytest.mark.parametrize(("size", "fits"), [(1_000_000, True), (1_000_001, False)])
def test_default_max_http_buffer_size_is_a_million_bytes(size: int, *, fits: bool) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        assert (await site.post(query, b"4" * size)).status == (200 if fits else 413)
        assert site.recorder.socket.is_open
        for message in ("4" * size, b"4" * size):
            websocket = await site.open_websocket()
            websocket.send(message)
            websocket.send("4after")
            if not fits:
                assert await websocket.closed() == 1009
                assert site.recorders[-1].ends == [("transport error", "message too big")]
            await asyncio.sleep(0.01)
            assert site.recorders[-1].log == ([message, "4after"] if fits else [])
        assert json.loads((await site.get(HANDSHAKE)).text[1:])["maxPayload"] == 1_000_000

    run(scenario())


def test_default_allow_request_asks_nobody() -> None:
    assert EngineOptions().allow_request is None


def test_default_transports_are_polling_and_websocket_and_webtransport_is_unknown() -> None:
    async def scenario() -> None:
        site = Site()
        assert EngineOptions().transports == ("polling", "websocket")
        await site.open_polling()
        await site.open_websocket()
        assert (
            await site.get("EIO=4&transport=webtransport")
        ).text == '{"code":0,"message":"Transport unknown"}'

    run(scenario())


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_transport_that_is_not_configured_is_unknown(transport: str) -> None:
    async def scenario() -> None:
        site = Site(transports=("polling" if transport == "websocket" else "websocket",))
        assert (
            await site.get(f"EIO=4&transport={transport}")
        ).text == '{"code":0,"message":"Transport unknown"}'
        if transport == "websocket":
            assert json.loads((await site.get(HANDSHAKE)).text[1:])["upgrades"] == []
            with pytest.raises(DeniedError):
                await site.websocket()
        else:
            await site.open_websocket()

    run(scenario())


def test_default_allow_upgrades_is_true() -> None:
    async def scenario() -> None:
        site = Site()
        assert json.loads((await site.get(HANDSHAKE)).text[1:])["upgrades"] == ["websocket"]
        await site.probed()

    run(scenario())


def test_default_http_compression_threshold_is_1024() -> None:
    assert EngineOptions().compression_threshold == 1024


def test_default_initial_packet_is_none() -> None:
    async def scenario() -> None:
        assert "\x1e" not in (await Site().get(HANDSHAKE)).text

    run(scenario())


def test_default_cookie_is_off() -> None:
    async def scenario() -> None:
        assert "set-cookie" not in (await Site().get(HANDSHAKE)).headers

    run(scenario())


def test_default_cors_is_off() -> None:
    async def scenario() -> None:
        response = await Site().get(HANDSHAKE, headers={"origin": "https://other.example"})
        assert set(response.headers) == {"content-type", "content-length", "cache-control"}

    run(scenario())


@pytest.mark.parametrize(
    "query", ["EIO=3&transport={}", "transport={}", "EIO=abc&transport={}", "EIO=44&transport={}"]
)
def test_default_allow_eio3_is_false_and_anything_but_4_gets_code_5(query: str) -> None:
    async def scenario() -> None:
        site = Site()
        body = '{"code":5,"message":"Unsupported protocol version"}'
        response = await site.get(query.format("polling"))
        assert (response.status, response.text) == (400, body)
        with pytest.raises(DeniedError) as info:
            await site.websocket(query.format("websocket"))
        assert (info.value.status, info.value.body.decode()) == (400, body)

    run(scenario())
