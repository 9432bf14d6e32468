"""Advisories against other implementations (SECURITY.md lists them) that take a real
network; each in its test's name.

Those that need none are in ``tests/runtime/engine/test_defects.py``, ``test_cookie.py`` and
``test_cors.py``, fragments without end (CVE-2026-48779) in ``test_guard.py``, and bombs in
``test_deflate.py``.
"""

from __future__ import annotations

import asyncio
import struct
import tracemalloc

import pytest

from tests.runtime.hosting.network import Served, frame, masked, play, response

UPGRADE = (
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)


async def still_works(served: Served) -> None:
    reader, writer = await served.open_websocket()
    writer.write(masked(0x81, b"4still here"))
    assert await frame(reader) == (0x81, b"4still here")
    query = await served.open_polling()
    assert await served.request(
        f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2", b"4a"
    ) == (200, b"ok")


@pytest.mark.parametrize("announced", [True, False])
def test_cve_2020_36048_and_cve_2026_48809_a_huge_body_is_refused_before_it_is_held(
    *, announced: bool
) -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        tracemalloc.start()
        try:
            if announced:
                writer.write(
                    (
                        f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n"
                        "Content-Length: 100000000\r\n\r\n"
                    ).encode()
                )
            else:
                writer.write(
                    (
                        f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"
                    ).encode()
                )
                for _ in range(20):
                    writer.write(b"10000\r\n" + b"4" * 65_536 + b"\r\n")
            assert await response(reader) == (413, b"")
            assert tracemalloc.get_traced_memory()[1] < 6_000_000
        finally:
            tracemalloc.stop()
        await still_works(served)

    play(scenario)


def test_cve_2022_21676_an_illegal_frame_right_after_the_101_harms_nobody() -> None:
    async def scenario(served: Served) -> None:
        for query in (
            "EIO=4&transport=websocket",
            (await served.open_polling()).replace("=polling", "=websocket"),
        ):
            reader, writer = await served.websocket(query)
            writer.write(masked(0xF1, b"4a"))
            await asyncio.wait_for(reader.read(), 10)
        await still_works(served)

    play(scenario)


@pytest.mark.parametrize(
    "query",
    ["EIO=3&transport=websocket", "EIO=4&transport=none", "EIO=4&transport=websocket&sid=unknown"],
)
def test_cve_2022_41940_a_reset_while_an_upgrade_is_refused_harms_nobody(
    query: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        for _ in range(20):
            _, writer = await served.connect()
            writer.get_extra_info("socket").setsockopt(
                1, 13, struct.pack("ii", 1, 0)
            )  # SO_LINGER 0: closing resets
            writer.write(f"GET /socket.io/?{query} HTTP/1.1\r\n{UPGRADE}\r\n\r\n".encode())
            await writer.drain()
            writer.transport.abort()
        await asyncio.sleep(0.05)
        await still_works(served)

    play(scenario)
    assert [record.getMessage() for record in caplog.records if record.levelname != "WARNING"] == []


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "toString", "%00", "websocket%0d%0ax:y"]
)
def test_cve_2023_31125_an_upgrade_to_an_unknown_transport_is_refused_before_the_101(
    name: str,
) -> None:
    async def scenario(served: Served) -> None:
        status, body = await served.request(
            f"GET /socket.io/?EIO=4&transport={name} HTTP/1.1\n" + UPGRADE.replace("\r\n", "\n")
        )
        assert (status, body) == (400, b'{"code":0,"message":"Transport unknown"}')
        await still_works(served)

    play(scenario)


def test_a_session_can_not_be_upgraded_with_another_protocol_version() -> None:
    """Engine.io before 6.6.10: an EIO=3 WebSocket took over an EIO=4 session, and the next PING
    ended the process.
    """

    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        other = query.replace("EIO=4", "EIO=3").replace("=polling", "=websocket")
        status, body = await served.request(
            f"GET /socket.io/?{other} HTTP/1.1\n" + UPGRADE.replace("\r\n", "\n")
        )
        assert (status, body) == (400, b'{"code":3,"message":"Bad request"}')
        assert await served.request(
            f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2", b"4a"
        ) == (200, b"ok")
        await still_works(served)

    play(scenario)


@pytest.mark.parametrize(
    "header",
    [
        "Sec-WebSocket-Protocol: " + "a," * 5000 + "b",
        "Sec-WebSocket-Protocol: " + "a " * 5000,
        "Sec-WebSocket-Extensions: permessage-deflate; " + 'x="\\' * 2000,
        "Sec-WebSocket-Extensions: constructor; __proto__",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
        "\r\n".join(f"X-{number}: y" for number in range(2000)),
    ],
    ids=[
        "many protocols",
        "no protocols",
        "unfinished text",
        "names of JavaScript",
        "bad parameter",
        "many headers",
    ],
)
def test_cve_2021_32640_and_cve_2016_10542_headers_of_the_handshake_are_read_in_no_time(
    header: str,
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(
            (
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{UPGRADE}\r\n{header}\r\n"
                "\r\n"
            ).encode()
        )
        async with asyncio.timeout(10):
            status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
        assert status in {101, 400}
        await still_works(served)

    play(scenario, settings={"per_message_deflate": True})


@pytest.mark.parametrize(
    "implementation", [{"http": "h11"}, {"http": "httptools"}, {"ws": "websockets-sansio"}]
)
def test_uvicorns_own_protocols_serve_as_well(implementation: dict[str, str]) -> None:
    """Nothing relies on the protocols of `ackord.runtime.hosting.uvicorn`: any ASGI server will
    do.
    """

    async def scenario(served: Served) -> None:
        await still_works(served)
        query = await served.open_polling()
        reader, writer = await served.websocket(query.replace("=polling", "=websocket"))
        writer.write(masked(0x81, b"2probe"))
        assert await frame(reader) == (0x81, b"3probe")
        writer.write(masked(0x81, b"5") + masked(0x81, b"4a"))
        assert await frame(reader) == (0x81, b"4a")
        status, body = await served.request(
            f"GET /socket.io/?EIO=4&transport=none HTTP/1.1\n{UPGRADE}".replace("\r\n", "\n")
        )
        assert (status, body) == (400, b'{"code":0,"message":"Transport unknown"}')

    play(scenario, settings=implementation)
