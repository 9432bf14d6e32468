"""The client's end of a WebSocket: frames however they are cut, and frames that break the rules."""

from __future__ import annotations

import asyncio
import re
import tracemalloc
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from ackord.runtime.testing import OPEN_PACKET
from ackord.runtime.websocket.client_framing import (
    BINARY,
    TEXT,
    MaskKeys,
    encode_frame,
    frame_end,
    is_wrong,
    plain_close_code,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from tests.runtime.engine.client_harness import Recorder, make_engine, start


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("first", [TEXT, BINARY])
def test_a_frame_is_read_by_the_library_and_ends_where_the_library_says(
    size: int, first: int
) -> None:
    payload = b"x" * size
    key = MaskKeys().take()
    protocol = Protocol(Side.SERVER, state=OPEN, max_size=None)
    protocol.receive_data(encode_frame(first, payload, key))
    (event,) = protocol.events_received()
    assert isinstance(event, Frame)
    assert (event.opcode, bytes(event.data)) == (Opcode(first & 15), payload)
    frame = Frame(Opcode(first & 15), payload).serialize(mask=False)
    for cut in range(min(len(frame), 20)):
        body, stop = frame_end(frame, 0, cut)
        assert stop > cut
        assert body in {0, len(frame) - size}
    assert frame_end(b"ab" + frame + b"c", 2, len(frame) + 3) == (
        2 + len(frame) - size,
        2 + len(frame),
    )
    assert not is_wrong(frame, 0, len(frame), may_be_compressed=False)


def test_no_key_comes_twice() -> None:
    keys = MaskKeys()
    assert len({keys.take() for _ in range(5000)}) > 4990


def run(
    serving: Callable[[ServerConnection], Awaitable[None]],
    scenario: Callable[[Any, Recorder], Awaitable[None]],
    **options: Any,
) -> None:
    """Run a scenario with a connection to a server that has sent its open packet."""

    async def handle(server: ServerConnection) -> None:
        await server.send(OPEN_PACKET)
        await serving(server)

    async def main() -> None:
        async with (
            asyncio.timeout(20),
            serve(handle, "127.0.0.1", 0, close_timeout=1, **options.pop("server", {})) as server,
        ):
            port = next(iter(server.sockets)).getsockname()[1]
            engine = make_engine(
                None,
                url=f"http://127.0.0.1:{port}",
                transports=["websocket"],
                proxy=None,
                **options,
            )
            connection, recorder = start(await engine.open())
            await scenario(connection, recorder)
            connection.end("forced close")
            await connection.wait_closed()

    asyncio.run(main(), debug=True)


MESSAGES: list[str | bytes] = ["4a", "4" + "b" * 125, b"", b"c" * 126, "4é💩" * 9000, b"d" * 70_000]
FRAMES = b"".join(
    Frame(
        Opcode.TEXT if isinstance(each, str) else Opcode.BINARY,
        each.encode() if isinstance(each, str) else each,
    ).serialize(mask=False)
    for each in MESSAGES
)


def test_frames_are_read_however_they_are_cut() -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.integers(0, len(FRAMES)), max_size=8))
    def check(cuts: list[int]) -> None:
        pieces = [FRAMES[at:end] for at, end in pairwise([0, *sorted(cuts), len(FRAMES)])]

        async def write(server: ServerConnection) -> None:
            for piece in pieces:
                server.transport.write(piece)
                await asyncio.sleep(0)
            await server.wait_closed()

        async def read(connection: Any, recorder: Recorder) -> None:
            assert await recorder.wait_for(len(MESSAGES)) == MESSAGES

        run(write, read)

    check()


def test_fragments_and_control_frames_go_together() -> None:
    async def write(server: ServerConnection) -> None:
        ping = await server.ping(b"are you there")
        server.transport.write(
            b"\x01\x02" + b"4\xc3" + b"\x89\x01x" + b"\x00\x00" + b"\x80\x01\xa9"
        )
        await ping
        server.transport.write(b"\x81\x024b")
        await server.wait_closed()

    async def read(connection: Any, recorder: Recorder) -> None:
        assert await recorder.wait_for(2) == ["4é", "4b"]

    run(write, read)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"\x83\x00", "head of a frame"),
        (b"\xc1\x01x", "head of a frame"),
        (b"\x81\x80abcd", "head of a frame"),
        (b"\x09\x00", "head of a frame"),
        (b"\x89\x7e\x00\x7e", "head of a frame"),
        (b"\x81\x7e\x00\x01x", "head of a frame"),
        (b"\x83\x7e\x40\x00only the beginning", "head of a frame"),
        (b"\x80\x00", "broke the WebSocket protocol"),
        (b"\x01\x00\x01\x00", "broke the WebSocket protocol"),
        (b"\x88\x01x", "broke the WebSocket protocol"),
        (b"\x81\x03\xff\xfe\xfd", "UTF-8"),
        (b"\x01\x00" + b"\x00\x00" * 16_384, "too many fragments"),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x0f\x42\x41", "1,000,000 bytes.*max_message"),
        (
            b"\x02\x7e\xff\xff" + b"x" * 65_535 + b"\x80\x7f\x00\x00\x00\x00\x00\x0f\x00\x00",
            "max_message",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_frame_that_breaks_the_rules_ends_the_connection_at_once(
    frame: bytes, words: str
) -> None:
    is_over = asyncio.Event()

    async def write(server: ServerConnection) -> None:
        server.transport.write(b"\x81\x02" + b"4a" + frame)
        server.transport.pause_reading()  # it doesn't close, whatever it is told
        await is_over.wait()
        server.transport.abort()

    async def read(connection: Any, recorder: Recorder) -> None:
        await recorder.ended.wait()
        assert not connection.is_open
        await connection.wait_closed()
        is_over.set()
        ((reason, description),) = recorder.ends
        assert reason == "transport error"
        assert re.search(words, str(description)), description
        assert recorder.received == ["4a"]

    # Waiting for the server would take longer than the test may.
    run(write, read, max_message=1_000_000, close_timeout=9999)


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (1009, "", "1009: a message was larger than the server.*max_payload"),
        (1000, "bye\n", r"code 1000, 'bye\\n'"),
        (1001, "", "code 1001$"),
    ],
)
def test_a_close_frame_is_told_at_once_with_what_it_means(code: int, text: str, words: str) -> None:
    is_over = asyncio.Event()

    async def write(server: ServerConnection) -> None:
        server.protocol.send_close(code, text)
        server.transport.write(b"".join(server.protocol.data_to_send()))
        await is_over.wait()
        server.transport.abort()

    async def read(connection: Any, recorder: Recorder) -> None:
        await recorder.ended.wait()
        is_over.set()
        ((reason, description),) = recorder.ends
        assert reason == "transport close"
        assert re.search(words, str(description)), description

    run(write, read)


def test_compressed_messages_are_inflated_one_by_one() -> None:
    size, count = 8_000_000, 12

    async def write(server: ServerConnection) -> None:
        for _ in range(count):
            await server.send("4" + "x" * size)
        await server.wait_closed()

    async def read(connection: Any, recorder: Recorder) -> None:
        recorder.congested = True
        tracemalloc.start()
        try:
            await recorder.wait_for(1)
            await asyncio.sleep(0.2)
            assert len(recorder.received) == 1
            assert tracemalloc.get_traced_memory()[1] < 6 * size
        finally:
            tracemalloc.stop()
        recorder.congested = False
        recorder.may_go_on.set()
        assert len(await recorder.wait_for(count)) == count

    run(write, read, compression=True)


def test_what_is_written_is_read_by_the_server_in_order_with_and_without_compression() -> None:
    for compression in (False, True):
        got: list[str | bytes] = []

        async def receive(server: ServerConnection, got: list[str | bytes] = got) -> None:
            got.extend([await server.recv() for _ in MESSAGES])
            await server.send("4done")
            await server.wait_closed()

        async def write(connection: Any, recorder: Recorder) -> None:
            connection.send(MESSAGES[0])
            assert not connection.writable
            for message in MESSAGES[1:]:
                connection._write(message)
            await connection.drain()
            assert (connection.buffered, connection.writable) == (0, True)
            await recorder.wait_for(1)

        run(receive, write, compression=compression)
        assert got == MESSAGES


@given(
    code=st.sampled_from([999, 1000, 1001, 1004, 1005, 1006, 1011, 1012, 1013, 1015, 3000, 5000]),
    text=st.sampled_from([b"", b"", b"", b"bye", b"\xff"]),
    cut=st.sampled_from([0, 0, 0, 1, 2]),
    first=st.sampled_from([0x88, 0x88, 0x88, 0x08, 0x89, 0xC8]),
)
def test_a_close_frame_that_is_read_here_is_one_that_the_library_reads_so(
    code: int, text: bytes, cut: int, first: int
) -> None:
    payload = (code.to_bytes(2) + text)[cut:]
    frame = bytes((first,)) + Frame(Opcode.CLOSE, payload).serialize(mask=False)[1:]
    read = plain_close_code(frame)
    if read is not None:
        library = Protocol(Side.CLIENT, state=OPEN)
        library.receive_data(frame)
        assert library.close_rcvd == Close(read, "")
