"""What one connection can cost before and beside its messages is bounded, and others don't
notice.
"""

from __future__ import annotations

import asyncio
import logging
import socket as sockets

import pytest
from ackord.runtime.hosting.uvicorn import bounds as http_bounds
from ackord.runtime.hosting.uvicorn.guarded_websocket import GuardedWebSocket
from ackord.runtime.hosting.uvicorn.websocket import DirectWebSocket
from ackord.runtime.websocket import bounds

from tests.attempts import hold_once
from tests.runtime.hosting.network import Served, frame, masked, play, until

POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture(params=[True, False], ids=["direct", "through ASGI"])
def hosting(request: pytest.FixtureRequest) -> dict[str, bool]:
    return {"direct": request.param}


async def until_gone(reader: asyncio.StreamReader) -> bytes:
    """Read until the server has closed or dropped the connection."""
    data = b""
    try:
        while chunk := await reader.read(65_536):
            data += chunk
    except ConnectionError:
        pass
    return data


async def flood(writer: asyncio.StreamWriter, data: bytes, times: int) -> None:
    """Write until the server has had enough."""
    try:
        for _ in range(times):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"X-Some: " + b"y" * 8_000 + b"\r\n", id="headers"),
        pytest.param(b"a: b\r\n" * 2_000, id="many short headers"),
        pytest.param(b"y" * 10_000, id="one header"),
    ],
)
def test_a_request_of_nothing_but_headers_is_refused(data: bytes) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(f"GET {POLLING} HTTP/1.1\r\nHost: x\r\nX-First: ".encode())
        await flood(writer, data, 1_000)
        answer = await until_gone(reader)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
        assert served.site.engine.sessions == 0

    play(scenario)


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (b"nonsense\r\n\r\n", ["isn't valid HTTP"]),
        (
            (
                b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\n"
                b"Upgrade: h2c\r\n\r\n"
            ),
            [],
        ),  # an offer
    ],
)
def test_requests_of_strangers_write_one_line_however_many_there_are(
    request_: bytes, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        for _ in range(5):
            reader, writer = await served.connect()
            writer.write(request_)
            assert (await until_gone(reader)).startswith(b"HTTP/1.1 4")

    play(scenario)
    written = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [
        message.removeprefix("A request of '127.0.0.1' ")[: len("isn't valid HTTP")]
        for message in written
    ] == lines


def test_an_endless_address_is_refused() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(f"GET {POLLING}&".encode())
        await flood(writer, b"x" * 50_000, 1_000)
        answer = await until_gone(reader)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")

    play(scenario)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"0\r\n" + b"X-Trailer: y\r\n" * 20_000, id="trailers"),
        pytest.param(b"1;" + b"extension=1;" * 20_000 + b"\r\nx\r\n", id="extensions of a chunk"),
        pytest.param(b"1\r\n4\r\n" * 20_000, id="chunks of one byte"),
    ],
)
def test_a_body_of_nothing_but_frames_is_refused(data: bytes) -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        writer.write(
            (
                f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                "\r\n"
            ).encode()
        )
        await flood(writer, data, 4)
        answer = await until_gone(reader)
        assert b"200 OK" not in answer

    play(scenario)


def test_a_body_in_chunks_of_a_real_client_is_taken() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        writer.write(
            (
                f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                "Connection: close\r\n\r\n"
            ).encode()
        )
        body = b"4" + b"x" * 899_999
        for at in range(0, len(body), 500):
            writer.write(b"1f4\r\n" + body[at : at + 500] + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        assert (await until_gone(reader)).startswith(b"HTTP/1.1 200")
        assert served.site.recorder.log == [body.decode()]

    play(scenario)


def test_many_requests_on_one_connection_are_no_flood_of_headers() -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        request = (
            "GET /socket.io/?EIO=4&transport=unknown HTTP/1.1\r\nHost: x\r\n"
            f"X-Some: {'y' * 1000}\r\n\r\n"
        ).encode()
        for _ in range(200):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 400 " in head
            await reader.readexactly(len(b'{"code":0,"message":"Transport unknown"}'))

    play(scenario)


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /socket.io/?EIO=4", b"GET / HTTP/1.1\r\nHost: x\r\n"]
)
def test_who_never_finishes_a_request_is_dropped(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(http_bounds, "HEAD_TIMEOUT", 0.2)

    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        writer.write(beginning)
        assert await until_gone(reader) == b""

    play(scenario)


def test_a_websocket_outlives_the_time_for_a_request(
    monkeypatch: pytest.MonkeyPatch, hosting: dict[str, bool]
) -> None:
    def claim(timeout: float) -> None:
        monkeypatch.setattr(http_bounds, "HEAD_TIMEOUT", timeout)

        async def scenario(served: Served) -> None:
            reader, writer = await served.open_websocket()
            await asyncio.sleep(2 * timeout)
            writer.write(masked(0x81, b"4still here"))
            assert await frame(reader) == (0x81, b"4still here")

        play(scenario, settings=hosting)

    hold_once(claim, (0.15, 1, 5))


@pytest.mark.parametrize("fragment", [b"", b"x"])
def test_a_message_in_endless_fragments_ends_its_connection(
    fragment: bytes, hosting: dict[str, bool]
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        writer.write(masked(0x01, b"4"))
        await flood(writer, masked(0x00, fragment) * 1_000, 40)
        answer = await until_gone(reader)
        assert answer in {b"", b"\x88\x02\x03\xf0"}
        await served.gone()

    play(scenario, settings=hosting)


def test_as_many_fragments_as_are_allowed_are_one_message(hosting: dict[str, bool]) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        count = bounds.MAX_FRAGMENTS - 1
        writer.write(masked(0x01, b"4") + masked(0x00, b"x") * (count - 1) + masked(0x80, b"x"))
        assert await frame(reader) == (0x81, b"4" + b"x" * count)

    play(scenario, settings=hosting)


def test_pings_of_who_does_not_read_are_not_answered(hosting: dict[str, bool]) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        [transport] = served.transports
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # how else does one not read?
        writer.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        for _ in range(200):
            writer.write(masked(0x89, b"x" * 125) * 400)
            await asyncio.sleep(0)
        await asyncio.sleep(0.5)
        assert transport.get_write_buffer_size() < 1_000_000

    play(scenario, settings=hosting)


def test_a_flood_of_control_frames_leaves_others_their_turn(hosting: dict[str, bool]) -> None:
    async def scenario(served: Served) -> None:
        other_reader, other_writer = await served.open_websocket()
        _, writer = await served.open_websocket()
        flooding = asyncio.create_task(flood(writer, masked(0x8A, b"") * 20_000, 50))
        echoes = 0
        while not flooding.done():
            other_writer.write(masked(0x81, b"4me too"))
            assert await frame(other_reader) == (0x81, b"4me too")
            echoes += 1
        assert (
            echoes > 3
            # however long each takes: a flood is read in pieces, and through ASGI an echo takes a few
            # turns of the event loop
        )

    play(scenario, settings=hosting)


def test_after_many_control_frames_nothing_more_is_read_in_this_turn(
    hosting: dict[str, bool],
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        [connection] = served.host.server_state.connections
        assert isinstance(connection, DirectWebSocket | GuardedWebSocket)
        [transport] = served.transports
        await until(transport.is_reading)
        connection.data_received(masked(0x8A, b"") * bounds.FRAMES_PER_TURN)
        assert transport.is_reading()
        connection.data_received(masked(0x8A, b"") * (bounds.FRAMES_PER_TURN + 1))
        assert not transport.is_reading()
        await until(transport.is_reading)
        writer.write(masked(0x81, b"4still here"))
        assert await frame(reader) == (0x81, b"4still here")

    play(scenario, settings=hosting)


def is_writing(served: Served) -> bool:
    return any(transport.get_write_buffer_size() for transport in served.transports)


def test_who_takes_nothing_of_a_response_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "STALL_TIMEOUT", 0.3)

    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        served.site.recorder.socket.send("4" + "x" * 9_000_000)
        client = sockets.socket()
        client.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        client.setblocking(False)
        with client:
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, ("127.0.0.1", served.host.port))
            await loop.sock_sendall(
                client, f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            await until(lambda: is_writing(served))
            await until(lambda: not is_writing(served))

    play(scenario)


def test_who_reads_slowly_gets_the_whole_response(monkeypatch: pytest.MonkeyPatch) -> None:
    def claim(timeout: float) -> None:
        monkeypatch.setattr(bounds, "STALL_TIMEOUT", timeout)
        play(lambda served: read_slowly(served, timeout / 20))

    async def read_slowly(served: Served, pause: float) -> None:
        query = await served.open_polling()
        served.site.recorder.socket.send("4" + "x" * 9_000_000)
        reader, writer = await served.connect()
        writer.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 60_000)
        writer.write(
            f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        size = 0
        while chunk := await reader.read(600_000):
            size += len(chunk)
            await asyncio.sleep(pause)
        assert size > 9_000_000

    hold_once(claim, (0.2, 1, 4))


def test_bad_utf_8_is_a_warning_and_no_traceback(
    caplog: pytest.LogCaptureFixture, hosting: dict[str, bool]
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        writer.write(masked(0x81, b"4\xff"))
        assert await frame(reader) == (0x88, b"\x03\xef")
        await served.gone()

    with caplog.at_level(logging.INFO):
        play(scenario, settings=hosting)
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (record.name, record.levelname, record.exc_info) == (
        "ackord.runtime.engine",
        "WARNING",
        None,
    )
