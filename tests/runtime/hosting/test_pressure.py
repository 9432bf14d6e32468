"""Clients that don't read, and servers that can't take more, are treated the same however the
server is hosted.
"""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import Callable

import pytest
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.websocket import bounds

from tests.attempts import hold_once
from tests.runtime.hosting.network import Connection, Served, frame, masked, until
from tests.runtime.hosting.ways import (
    Hosting,
    everything,
    frames_until,
    on_every_hosting,
    send_at_once,
    text,
)

MEGABYTE = "4" + "x" * 999_999


async def deaf(served: Served) -> Connection:
    """Open a WebSocket whose client doesn't read."""
    reader, writer = await served.open_websocket()
    writer.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 60_000)
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # how else does one not read?
    return reader, writer


def buffered(served: Served) -> int:
    websocket = served.site.recorder.session.websocket
    assert websocket is not None
    return websocket.buffered


async def fill(served: Served) -> None:
    """Write until the network takes no more, and the transport has noticed."""
    for _ in range(100):
        served.site.recorder.socket.send(MEGABYTE)
        await asyncio.sleep(0.01)
        if buffered(served) > 500_000:
            return
    raise AssertionError("the network takes everything")


@on_every_hosting
def test_what_a_slow_client_does_not_take_is_counted_and_goes_out_when_it_reads(
    hosting: Hosting,
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = await deaf(served)
        await fill(served)
        socket = served.site.recorder.socket
        before = buffered(served)
        await asyncio.sleep(0.02)
        assert buffered(served) == before
        socket.send(MEGABYTE)
        assert buffered(served) >= before + len(MEGABYTE)
        assert not socket.writable
        socket.send("4end")
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        while (one := await frame(reader)) != (0x81, b"4end"):
            assert one == (0x81, MEGABYTE.encode())
        await until(lambda: not buffered(served))
        assert socket.writable

    hosting.play(scenario, max_buffered=1_000_000_000)


@on_every_hosting
def test_a_slow_consumer_is_dropped(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CLOSE_TIMEOUT", 0.1)  # ASGI can't drop what the ASGI server holds

    async def scenario(served: Served) -> None:
        await deaf(served)
        for _ in range(100):
            served.site.recorder.socket.send(MEGABYTE)
            await asyncio.sleep(0.005)
            if served.site.recorder.ends:
                break
        await until(lambda: not served.transports)
        assert served.site.recorder.ends == [("transport error", "slow consumer")]

    hosting.play(scenario, max_buffered=2_000_000)


@on_every_hosting
def test_of_several_in_one_turn_only_the_first_would_go_out_at_once(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        writable: list[bool] = []
        recorder = served.site.recorder

        def receive_text(packet: str) -> bool:
            for _ in range(2):
                writable.append(recorder.socket.writable)
                recorder.socket.send("4answer")
            return True

        recorder.receive_text = receive_text  # type: ignore[method-assign]  # another upper layer
        await send_at_once(connection, text("4hi"))
        assert [await frame(reader) for _ in range(2)] == [(0x81, b"4answer")] * 2
        assert writable == [True, False]
        await until(lambda: recorder.socket.writable)

    hosting.play(scenario)


@on_every_hosting
def test_of_what_is_sent_in_one_turn_by_anybody_only_the_first_would_go_out_at_once(
    hosting: Hosting,
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        recorder = served.site.recorder
        socket = recorder.socket
        prepared = Prepared("4prepared", [b"x"])
        sends = {
            "send": lambda: socket.send("4x"),
            "broadcast": lambda: socket.send_prepared(prepared),
            "binary": lambda: socket.send_binary(b"x"),
        }
        loop = asyncio.get_running_loop()
        for name, send in sends.items():
            await until(lambda: socket.writable)
            writable: asyncio.Future[list[bool]] = loop.create_future()

            def fire(
                send: Callable[[], None] = send, writable: asyncio.Future[list[bool]] = writable
            ) -> None:
                seen: list[bool] = []
                for _ in range(3):
                    seen.append(socket.writable)
                    send()
                writable.set_result(seen)

            loop.call_later(0.001, fire)
            assert await writable == [True, False, False], name
        answered: list[bool] = []

        def receive_text(packet: str) -> bool:
            answered.append(socket.claim())
            if answered[-1]:
                socket.send(packet)
            return True

        recorder.receive_text = receive_text  # type: ignore[method-assign]  # another upper layer
        await until(lambda: socket.writable)
        await send_at_once(connection, text("4first") + text("4second") + text("4third"))
        await until(lambda: len(answered) == 3)
        assert answered == [True, False, False]
        await frames_until(reader, (0x81, b"4first"))

    hosting.play(scenario)


@on_every_hosting
def test_who_takes_nothing_is_dropped_after_a_while(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "STALL_TIMEOUT", 0.1)

    async def scenario(served: Served) -> None:
        await deaf(served)
        await fill(served)
        await until(lambda: not served.transports and not served.site.engine.sessions)
        assert served.site.recorder.ends == [("transport close", "close code 1006")]

    hosting.play(scenario, max_buffered=1_000_000_000)


@on_every_hosting
def test_who_reads_less_than_is_written_is_no_stall(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(timeout: float) -> None:
        monkeypatch.setattr(bounds, "STALL_TIMEOUT", timeout)

        async def scenario(served: Served) -> None:
            reader, _ = await deaf(served)
            await fill(served)
            reader._transport.resume_reading()  # type: ignore[attr-defined]
            reading = asyncio.create_task(read_slowly(reader, timeout / 100))
            for _ in range(60):
                served.site.recorder.socket.send(MEGABYTE)
                await asyncio.sleep(timeout / 25)
            assert served.site.recorder.ends == []
            assert buffered(served)
            reading.cancel()

        hosting.play(scenario, max_buffered=1_000_000_000)

    hold_once(claim, (0.5, 1, 5))


async def read_slowly(reader: asyncio.StreamReader, pause: float) -> None:
    """Take something of what is written, but not as much as comes."""
    while True:
        await reader.read(200_000)
        await asyncio.sleep(pause)


@on_every_hosting
def test_a_close_does_not_wait_forever_for_who_does_not_read(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CLOSE_TIMEOUT", 0.1)

    async def scenario(served: Served) -> None:
        await deaf(served)
        await fill(served)
        served.site.recorder.socket.close()
        await until(lambda: not served.transports)
        assert served.site.recorder.ends == [("forced close", None)]

    hosting.play(scenario, max_buffered=1_000_000_000)


@on_every_hosting
def test_nothing_is_delivered_while_the_upper_layer_is_congested(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        recorder = served.site.recorder
        await send_at_once(connection, text("4begin"))
        await until(lambda: recorder.log == ["4begin"])
        recorder.congested = True
        stream = b"".join(
            text(f"4{number}") + masked(0x01, b"4f") + masked(0x80, b"%d" % number)
            for number in range(500)
        )
        for at in range(0, len(stream), 1000):
            await send_at_once(connection, stream[at : at + 1000])
        await asyncio.sleep(0.05)
        assert recorder.log == ["4begin", "40"]
        recorder.relieve()
        expected = [packet for number in range(500) for packet in (f"4{number}", f"4f{number}")]
        await until(lambda: len(recorder.log) == 1001)
        assert recorder.log[1:] == expected

    hosting.play(scenario)


@on_every_hosting
def test_a_client_that_leaves_while_the_upper_layer_is_congested_is_noticed_after_what_it_said(
    hosting: Hosting,
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        recorder = served.site.recorder
        recorder.congested = True
        await send_at_once(connection, text("4first") + text("4second") + masked(0x88, b"\x03\xe8"))
        await until(lambda: recorder.log == ["4first"])
        await asyncio.sleep(0.02)
        assert (recorder.log, recorder.ends) == (["4first"], [])
        recorder.relieve()
        assert (0x88, b"\x03\xe8") in await everything(reader)
        await served.gone()
        assert recorder.log == ["4first", "4second"]
        assert recorder.ends == [("transport close", "close code 1000")]

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize("discard", [False, True], ids=["closed", "discarded"])
def test_a_session_that_ends_while_the_upper_layer_is_congested_gets_nothing_more(
    hosting: Hosting, *, discard: bool
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        recorder = served.site.recorder
        recorder.congested = True
        await send_at_once(connection, text("4first") + text("4second"))
        await until(lambda: recorder.log == ["4first"])
        recorder.socket.close(discard=discard)
        await send_at_once(connection, masked(0x88, b"\x03\xe8"))
        await everything(reader)
        await until(lambda: not served.transports)
        assert (recorder.log, recorder.ends) == (["4first"], [("forced close", None)])

    hosting.play(scenario)


@on_every_hosting
def test_thousands_of_messages_in_one_read_leave_others_their_turn(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        other = await served.open_websocket()
        first, second = served.site.recorders
        await send_at_once(connection, text("4x") * 10_000)
        await send_at_once(other, text("4me too"))
        await until(lambda: second.log == ["4me too"])
        for _ in range(10):
            await until(lambda: len(first.log) == 10_000)
        assert first.ends == []

    hosting.play(scenario, echo=False)
