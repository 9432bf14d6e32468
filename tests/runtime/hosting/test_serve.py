"""uvicorn on 127.0.0.1 with raw clients: what only a real network does."""

from __future__ import annotations

import asyncio
import struct
from hashlib import shake_128

import pytest

from tests.runtime.hosting.network import Served, frame, masked, play, response, until


def test_messages_are_echoed_whole_fragmented_and_cut_into_bytes() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        writer.write(masked(0x81, b"4hello"))
        assert await frame(reader) == (0x81, b"4hello")
        writer.write(masked(0x01, b"4frag") + masked(0x89, b"") + masked(0x80, b"mented"))
        assert {await frame(reader), await frame(reader)} == {(0x8A, b""), (0x81, b"4fragmented")}
        for byte in masked(0x82, bytes(300)):
            writer.write(bytes([byte]))
            await writer.drain()
        first, data = await frame(reader)
        assert (first, len(data)) == (0x82, 300)

    play(scenario)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(masked(0xF1, b"4a"), id="reserved bits"),
        pytest.param(b"\x81\x024a", id="not masked"),
        pytest.param(masked(0x83, b"4a"), id="unknown opcode"),
        pytest.param(masked(0x81, b"4\xff"), id="not UTF-8"),
        pytest.param(masked(0x80, b"4a"), id="continuation of nothing"),
        pytest.param(masked(0x89, b"x" * 126), id="control frame too long"),
        pytest.param(b"\x81\xff" + b"\xff" * 8, id="2**64 bytes announced"),
        pytest.param(shake_128(b"noise").digest(200), id="noise"),
    ],
)
@pytest.mark.parametrize("upgrading", [False, True])
def test_illegal_frames_end_only_their_own_connection(data: bytes, *, upgrading: bool) -> None:
    async def scenario(served: Served) -> None:
        other_reader, other_writer = await served.open_websocket()
        if upgrading:
            query = await served.open_polling()
            reader, writer = await served.websocket(query.replace("=polling", "=websocket"))
        else:
            reader, writer = await served.open_websocket()
        writer.write(data)
        writer.write_eof()
        await reader.read()
        await served.gone(2 if upgrading else 1)
        other_writer.write(masked(0x81, b"4still here"))
        assert await frame(other_reader) == (0x81, b"4still here")

    play(scenario, echo=True)


def test_a_message_that_is_too_big_closes_with_1009() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        writer.write(masked(0x81, b"4" * 1000))
        assert await frame(reader) == (0x81, b"4" * 1000)
        writer.write(masked(0x81, b"4" * 1001))
        first, payload = await frame(reader)
        assert (first, payload[:2]) == (0x88, struct.pack("!H", 1009))
        await served.gone()
        assert served.site.recorder.ends[0][0] == "transport error"

    play(scenario, max_payload=1000)


def test_a_chunked_body_is_counted_while_it_comes_in() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        writer.write(
            (
                f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                "\r\n"
            ).encode()
        )
        writer.write(b"200\r\n" + b"4" * 0x200 + b"\r\n")
        await writer.drain()
        writer.write(b"200\r\n" + b"4" * 0x200 + b"\r\n")  # no end: the answer comes all the same
        assert await response(reader) == (413, b"")
        assert await served.request(
            f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2", b"4a"
        ) == (200, b"ok")
        assert await served.get(query) == (200, b"4a")

    play(scenario, max_payload=1000)


def test_a_parked_get_whose_connection_breaks_ends_the_session_at_once() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        _, writer = await served.connect()
        writer.write(f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await until(lambda: served.site.recorder.socket.writable)
        writer.transport.abort()
        await served.gone()
        assert served.site.recorder.ends == [
            ("transport error", "poll connection closed prematurely")
        ]

    play(scenario)


def test_a_post_whose_connection_breaks_ends_the_session_at_once() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        _, writer = await served.connect()
        writer.write(
            (
                f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4a"
            ).encode()
        )
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await served.gone()
        assert served.site.recorder.log == []

    play(scenario)


def test_a_websocket_that_breaks_ends_the_session_at_once() -> None:
    async def scenario(served: Served) -> None:
        _, writer = await served.open_websocket()
        writer.transport.abort()
        await served.gone()
        assert served.site.recorder.ends[0][0] == "transport close"

    play(scenario)


def test_a_client_that_stops_reading_is_dropped_and_others_go_on() -> None:
    async def scenario(served: Served) -> None:
        await served.open_websocket()
        other_reader, other_writer = await served.open_websocket()
        slow = served.site.recorders[0]
        message = "4" + "x" * 100_000
        for _ in range(1000):
            slow.socket.send(message)
            if not slow.socket.is_open:
                break
            await asyncio.sleep(0)
        assert not slow.socket.is_open
        await served.gone(1)
        assert slow.ends == [("transport error", "slow consumer")]
        other_writer.write(masked(0x81, b"4still here"))
        assert await frame(other_reader) == (0x81, b"4still here")

    play(scenario, max_buffered=1_000_000)


def test_a_bad_handshake_is_refused_before_the_101() -> None:
    async def scenario(served: Served) -> None:
        status, body = await served.request(
            "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\nHost: x\nUpgrade: "
            "websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        )
        assert (status, body) == (400, b'{"code":5,"message":"Unsupported protocol version"}')

    play(scenario)


def test_per_message_deflate_is_off() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b"permessage-deflate" not in (await reader.readuntil(b"\r\n\r\n")).lower()

    play(scenario)


def test_parked_polls_and_websockets_do_not_hold_the_exit() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        poll = asyncio.create_task(served.get(query))
        websocket, _ = await served.open_websocket()
        await until(lambda: served.site.recorders[0].socket.writable)
        served.host.should_exit = True
        assert await poll == (200, b"1")
        assert (await frame(websocket))[0] == 0x88
        assert [recorder.ends for recorder in served.site.recorders] == [
            [("server shutting down", None)]
        ] * 2

    play(scenario, settings={"graceful_timeout": 1000})
