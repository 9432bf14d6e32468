"""Connections end in the same ways however the server is hosted."""

from __future__ import annotations

import asyncio
import struct

import pytest
from ackord.runtime.websocket import bounds

from tests.runtime.hosting.network import Served, frame, masked, until
from tests.runtime.hosting.ways import Hosting, everything, on_every_hosting, send_at_once, text


@on_every_hosting
def test_a_close_frame_is_answered_with_itself_and_nothing_after_it_counts(
    hosting: Hosting,
) -> None:
    async def scenario(served: Served) -> None:
        for payload, code in [
            (b"\x03\xe8", 1000),
            (b"\x03\xe9going", 1001),
            (b"\x0f\xa0mine", 4000),
            (b"", 1005),
        ]:
            reader, _ = connection = await served.open_websocket()
            await send_at_once(
                connection,
                text("4before") + masked(0x88, payload) + text("4after") + masked(0x89, b"ping"),
            )
            received = await everything(reader)
            assert [one for one in received if one != (0x81, b"4before")] == [(0x88, payload)]
            await served.gone()
            assert served.site.recorders[-1].log == ["4before"]
            assert served.site.recorders[-1].ends == [("transport close", f"close code {code}")]
        await until(lambda: not served.transports)

    hosting.play(scenario)


@on_every_hosting
def test_a_close_by_this_side_comes_after_what_was_written_and_waits_for_its_answer(
    hosting: Hosting,
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        socket = served.site.recorder.socket
        socket.send("4before")
        socket.close()
        socket.send("4after")
        assert await frame(reader) == (0x81, b"4before")
        first, payload = await frame(reader)
        assert (first, payload) in {
            (0x88, b""),
            (0x88, b"\x03\xe8"),
        }  # ASGI can't close without a status
        await send_at_once(connection, text("4late"))
        await asyncio.sleep(0.05)
        assert not reader.at_eof()
        await send_at_once(connection, masked(0x88, payload))
        assert await reader.read() == b""
        assert (served.site.recorder.log, served.site.recorder.ends) == (
            [],
            [("forced close", None)],
        )
        await until(lambda: not served.transports)

    hosting.play(scenario)


@on_every_hosting
def test_who_closes_in_a_handler_gets_nothing_of_the_same_read_after_it(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        await send_at_once(connection, text("4first"))
        assert await frame(reader) == (0x81, b"4first")
        await send_at_once(
            connection, text("4close") + text("4after") + masked(0x01, b"4cu") + masked(0x80, b"t")
        )
        first, payload = await frame(reader)
        assert (first, payload[:2]) in {(0x88, b""), (0x88, b"\x03\xe8")}
        await send_at_once(connection, masked(0x88, payload))
        assert await reader.read() == b""
        assert served.site.recorder.log == ["4first", "4close"]

    hosting.play(scenario)


@on_every_hosting
def test_who_never_answers_a_close_is_left(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CLOSE_TIMEOUT", 0.1)

    async def scenario(served: Served) -> None:
        reader, _ = await served.open_websocket()
        served.site.recorder.socket.close()
        assert (await frame(reader))[0] == 0x88
        assert await reader.read() == b""
        await until(lambda: not served.transports)

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize(
    "rest",
    [b"", masked(0x81, b"4cut off")[:7], masked(0x01, b"4never ended")],
    ids=["nothing", "a part", "a fragment"],
)
def test_the_end_of_the_stream_without_a_close_frame(hosting: Hosting, rest: bytes) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = connection = await served.open_websocket()
        await send_at_once(connection, text("4before") + rest)
        writer.write_eof()
        assert await everything(reader) in ([(0x81, b"4before")], [])
        await served.gone()
        assert served.site.recorder.log == ["4before"]
        assert served.site.recorder.ends == [("transport close", "close code 1006")]
        await until(lambda: not served.transports)

    hosting.play(scenario)


@on_every_hosting
def test_a_connection_that_is_reset(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        _, writer = await served.open_websocket()
        raw = writer.get_extra_info("socket")
        raw.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER, so that closing it sends RST
        writer.transport.abort()
        await served.gone()
        assert served.site.recorder.ends == [("transport close", "close code 1006")]

    hosting.play(scenario)


@on_every_hosting
def test_the_session_is_dropped_at_once_when_it_is_discarded(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = await served.open_websocket()
        served.site.recorder.socket.close(discard=True)
        assert [one for one in await everything(reader) if one[0] != 0x88] == []
        await until(lambda: not served.transports)
        assert served.site.recorder.ends == [("forced close", None)]

    hosting.play(scenario)


@on_every_hosting
def test_draining_closes_all_after_what_was_written(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connections = [await served.open_websocket() for _ in range(5)]
        for recorder in served.site.recorders:
            recorder.socket.send("4last words")
        draining = asyncio.create_task(served.site.engine.drain(1))
        for reader, _ in connections:
            assert await frame(reader) == (0x81, b"4last words")
            assert (await frame(reader))[0] == 0x88
        await draining
        assert [recorder.ends for recorder in served.site.recorders] == [
            [("server shutting down", None)]
        ] * 5

    hosting.play(scenario)
