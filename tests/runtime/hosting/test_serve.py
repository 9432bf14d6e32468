"""uvicorn on 127.0.0.1 with raw clients: what only a real network does."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import shake_128
from typing import Any

import pytest
from ackord.runtime.hosting.serve import Host, configure

from tests.runtime.engine.harness import Site

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Served:
    def __init__(self, site: Site, host: Host) -> None:
        self.site = site
        self.host = host
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.host.port)
        self._writers.append(writer)
        return reader, writer

    async def request(self, text: str, body: bytes = b"") -> tuple[int, bytes]:
        reader, writer = await self.connect()
        writer.write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return await response(reader)

    async def get(self, query: str) -> tuple[int, bytes]:
        return await self.request(f"GET /socket.io/?{query} HTTP/1.1\nHost: x")

    async def open_polling(self) -> str:
        _, body = await self.get("EIO=4&transport=polling")
        sid: str = json.loads(body[1:])["sid"]
        return f"EIO=4&transport=polling&sid={sid}"

    async def websocket(self, query: str = "EIO=4&transport=websocket") -> Connection:
        reader, writer = await self.connect()
        head = (
            f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        writer.write(head.encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def open_websocket(self) -> Connection:
        reader, writer = await self.websocket()
        assert (await frame(reader))[1].startswith(b"0{")
        return reader, writer

    async def gone(self, sessions: int = 0) -> None:
        """Wait until no more than so many sessions are left."""
        await until(lambda: self.site.engine.sessions <= sessions)

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                continue


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the other end of a connection brings about, a second at most."""
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


async def response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second
    if length == 126:
        [length] = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        [length] = struct.unpack("!Q", await reader.readexactly(8))
    return first, await reader.readexactly(length)


def masked(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        head = bytes([first, 0x80 | length])
    elif length < 65536:
        head = bytes([first, 0xFE]) + struct.pack("!H", length)
    else:
        head = bytes([first, 0xFF]) + struct.pack("!Q", length)
    return head + b"\0\0\0\0" + payload


def play(scenario: Callable[[Served], Awaitable[None]], *, echo: bool = True, **options: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), serving(Site(echo=echo, **options)) as served:
            await scenario(served)

    asyncio.run(main())


@asynccontextmanager
async def serving(site: Site) -> AsyncGenerator[Served]:
    host = configure(site.app, port=0, graceful_timeout=2)
    task = asyncio.create_task(host.serve())
    await until(lambda: host.started or task.done())
    served = Served(site, host)
    try:
        yield served
    finally:
        host.should_exit = True
        await served.close()
        await task


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
        assert served.site.recorder.ends[0][0] == "transport close"

    play(scenario, max_payload=1000)


def test_a_chunked_body_is_counted_while_it_comes_in() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        writer.write(f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        writer.write(b"200\r\n" + b"4" * 0x200 + b"\r\n")
        await writer.drain()
        writer.write(b"200\r\n" + b"4" * 0x200 + b"\r\n")  # no end: the answer comes all the same
        assert await response(reader) == (413, b"")
        assert await served.request(f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2", b"4a") == (200, b"ok")
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
        assert served.site.recorder.ends == [("transport error", "poll connection closed prematurely")]

    play(scenario)


def test_a_post_whose_connection_breaks_ends_the_session_at_once() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        _, writer = await served.connect()
        writer.write(f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4a".encode())
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
            "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        )
        assert (status, body) == (400, b'{"code":5,"message":"Unsupported protocol version"}')

    play(scenario)


def test_per_message_deflate_is_off() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
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
        started = asyncio.get_running_loop().time()
        served.host.should_exit = True
        assert await poll == (200, b"1")
        assert (await frame(websocket))[0] == 0x88
        assert asyncio.get_running_loop().time() - started < 1
        assert [recorder.ends for recorder in served.site.recorders] == [[("server shutting down", None)]] * 2

    play(scenario)
