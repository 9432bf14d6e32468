from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest
from ackord.runtime.polling.compression import SLICE, Coding, choose_coding, compress
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Site


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("deflate, gzip", "gzip"),
        ("gzip;q=0.5, deflate;q=0.8, br", "deflate"),
        ("GZIP ; Q=1.0", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "deflate"),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=nan, deflate;q=-1", None),
        ("gzip;q=much", None),
        ("gzip;q=\u00b9, deflate", "deflate"),
        ("gzip;q=0_1", None),
        ("gzip;q=1e0", None),
    ],
)
def test_the_coding_that_the_client_likes_best_is_chosen(
    accepted: str | None, coding: Coding | None
) -> None:
    assert choose_coding(accepted) == coding


@pytest.mark.parametrize(
    ("coding", "inflate"), [("gzip", gzip.decompress), ("deflate", zlib.decompress)]
)
@pytest.mark.parametrize("size", [0, 1, SLICE - 1, SLICE, 5 * SLICE + 1])
def test_what_is_compressed_can_be_inflated(
    coding: Coding, inflate: Callable[[bytes], bytes], size: int
) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    compressed = asyncio.run(compress(body, coding))
    assert inflate(compressed) == body
    assert len(compressed) < size / 10 + 50


def test_others_have_their_turn_while_a_large_body_is_compressed() -> None:
    async def scenario() -> None:
        turns = 0

        def count() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(count)

        count()
        await compress(bytes(20 * SLICE), "gzip")
        assert turns >= 19

    asyncio.run(scenario())


# In polling responses


async def fetch(
    site: Site, *packets: str | Prepared, accept: str = "gzip, deflate"
) -> tuple[str | None, bytes]:
    query = await site.open_polling()
    socket = site.recorders[-1].socket
    for packet in packets:
        if isinstance(packet, str):
            socket.send(packet)
        else:
            socket.send_prepared(packet)
    response = await site.get(query, headers={"accept-encoding": accept})
    assert response.headers["content-type"] == "text/plain; charset=UTF-8"
    return response.headers.get("content-encoding"), response.body


LONG = "4" + "x" * 1023


def test_default_compression_begins_at_1024_bytes() -> None:
    async def scenario() -> None:
        assert await fetch(Site(), LONG[:-1]) == (None, LONG[:-1].encode())
        coding, body = await fetch(Site(), LONG)
        assert (coding, gzip.decompress(body)) == ("gzip", LONG.encode())
        coding, body = await fetch(Site(), LONG, accept="deflate")
        assert (coding, zlib.decompress(body)) == ("deflate", LONG.encode())
        assert (await fetch(Site(), LONG, accept="br"))[0] is None

    run(scenario())


def test_compression_can_be_switched_off_and_begin_elsewhere() -> None:
    async def scenario() -> None:
        assert (await fetch(Site(compression_threshold=None), LONG))[0] is None
        assert (await fetch(Site(compression_threshold=2), "4a"))[0] == "gzip"
        assert (await fetch(Site(compression_threshold=3), "4a"))[0] is None

    run(scenario())


def test_packets_may_forbid_compression_if_all_in_the_response_do() -> None:
    async def scenario() -> None:
        plain = Prepared(LONG, compress=False)
        assert (await fetch(Site(), plain, plain))[0] is None
        assert (await fetch(Site(), plain, "4a"))[0] == "gzip"
        assert (await fetch(Site(), Prepared(LONG), plain))[0] == "gzip"

    run(scenario())


def test_refusals_are_not_compressed() -> None:
    async def scenario() -> None:
        site = Site(compression_threshold=0)
        refused = await site.get("EIO=3&transport=polling", headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in refused.headers
        opened = await site.get("EIO=4&transport=polling", headers={"accept-encoding": "gzip"})
        assert gzip.decompress(opened.body).startswith(b"0{")  # as any response of that size

    run(scenario())
