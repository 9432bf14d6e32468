"""Compression of WebSocket messages (RFC 7692), which is off unless it is asked for."""

from __future__ import annotations

import asyncio
import struct
import tracemalloc
import zlib
from itertools import pairwise

import pytest
from websockets.asyncio.client import connect

from tests.runtime.hosting.network import Connection, Served, frame, masked, play

OFFER = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ON = {"per_message_deflate": True}


async def compressing(served: Served) -> Connection:
    reader, writer = await served.connect()
    writer.write(OFFER)
    assert b"permessage-deflate" in (await reader.readuntil(b"\r\n\r\n")).lower()
    first, _ = await frame(reader)
    assert first & 0x81 == 0x81
    return reader, writer


def deflated(data: bytes) -> bytes:
    """Return one masked text frame with compressed data."""
    compressor = zlib.compressobj(wbits=-12)
    body = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return masked(0xC1, body[:-4])


def test_messages_are_compressed_both_ways_when_asked_for() -> None:
    async def scenario(served: Served) -> None:
        url = f"ws://127.0.0.1:{served.host.port}/socket.io/?EIO=4&transport=websocket"
        async with connect(url, compression="deflate") as websocket:
            assert str(await websocket.recv()).startswith("0{")
            for message in ("4short", "4" + "long" * 100_000, b"\x00" * 100_000):
                await websocket.send(message)
                assert await websocket.recv() == message
            assert [extension.name for extension in websocket.protocol.extensions] == [
                "permessage-deflate"
            ]

    play(scenario, settings=ON)


def test_default_per_message_deflate_is_off_even_if_the_client_offers_it() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(OFFER)
        assert b"sec-websocket-extensions" not in (await reader.readuntil(b"\r\n\r\n")).lower()
        await frame(reader)
        writer.write(deflated(b"4a"))  # a reserved bit without an extension
        assert (await frame(reader))[0] == 0x88
        await served.gone()

    play(scenario)


@pytest.mark.parametrize(("size", "fits"), [(10_000, True), (10_001, False)])
def test_the_limit_holds_after_inflation(size: int, *, fits: bool) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await compressing(served)
        writer.write(deflated(b"4" * size))
        first, payload = await frame(reader)
        if fits:
            assert first == 0xC1
            assert served.site.recorder.log == ["4" * size]
        else:
            assert (first, payload[:2]) == (0x88, struct.pack("!H", 1009))
            await served.gone()

    play(scenario, settings=ON, max_payload=10_000)


def test_a_bomb_is_not_inflated() -> None:
    async def scenario(served: Served) -> None:
        _, other = await served.open_websocket()
        bomb = deflated(b"4" * 50_000_000)
        assert len(bomb) < 100_000
        reader, writer = await compressing(served)
        tracemalloc.start()
        try:
            writer.write(bomb)
            first, payload = await frame(reader)
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()
        assert (first, payload[:2]) == (0x88, struct.pack("!H", 1009))
        await served.gone(1)
        other.write(masked(0x81, b"4still here"))
        await asyncio.sleep(0.05)
        assert served.site.recorders[0].log == ["4still here"]

    play(scenario, settings=ON)


def test_many_compressed_fragments_are_counted_together() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await compressing(served)
        compressor = zlib.compressobj(wbits=-12)
        for number in range(100):
            body = compressor.compress(b"4" * 1000) + compressor.flush(zlib.Z_SYNC_FLUSH)
            writer.write(masked(0x41 if number == 0 else 0x00, body))
        first, payload = await frame(reader)
        assert (first, payload[:2]) == (0x88, struct.pack("!H", 1009))
        await served.gone()

    play(scenario, settings=ON, max_payload=10_000)


def test_others_have_their_turn_within_a_read_that_inflates_to_much() -> None:
    async def scenario(served: Served) -> None:
        _, writer = await compressing(served)
        log = served.site.recorder.log
        bombs = deflated(b"4" * 200_000) * 20
        assert len(bombs) < 10_000, "one read"
        writer.write(bombs)
        seen = [0]
        while seen[-1] < 20:
            await asyncio.sleep(0)
            seen.append(len(log))
        assert max(after - before for before, after in pairwise(seen)) == 1

    play(scenario, settings=ON, echo=False)
