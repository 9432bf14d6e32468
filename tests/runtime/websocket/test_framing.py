"""Any stream of bytes, cut anywhere, means what the `websockets` library says that it means."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from ackord.runtime.bounds.memory import Part
from ackord.runtime.hosting.uvicorn.websocket import DirectWebSocket
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.framing import (
    FrameCutter,
    encode_binary,
    encode_text,
    frame_size,
    next_message,
    prepare,
)
from ackord.runtime.websocket.turns import turns_of
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

MAX_SIZE = 200
MASK = b"\x9a\x00\x5b\xff"


@dataclass
class Told:
    """What came of a stream: messages, what was answered, and the code of the close frame."""

    messages: list[str | bytes] = field(default_factory=list[str | bytes])
    pongs: list[bytes] = field(default_factory=list[bytes])
    close: bytes | None = None

    def write(self, data: bytes) -> None:
        """Take what the server writes."""
        while data:
            size = data[1]
            payload, data_after = data[2 : 2 + size], data[2 + size :]
            if data[0] == 0x8A:
                self.pongs.append(payload)
            else:
                assert data[0] == 0x88
                assert self.close is None
                self.close = payload
            data = data_after


class Wire(asyncio.Transport):
    """A transport that takes everything at once."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self._told = told
        self._is_closing = False
        self.is_paused = False

    @override
    def write(self, data: Any) -> None:
        assert not self._is_closing
        self._told.write(bytes(data))

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def is_closing(self) -> bool:
        return self._is_closing

    @override
    def close(self) -> None:
        self._is_closing = True

    @override
    def abort(self) -> None:
        self._is_closing = True

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    @override
    def pause_reading(self) -> None:
        self.is_paused = True

    @override
    def resume_reading(self) -> None:
        self.is_paused = False

    async def wait(self) -> None:
        """Wait until it is read from, or closed."""
        while self.is_paused and not self._is_closing:  # noqa: ASYNC110  # nobody says when
            await asyncio.sleep(0)


class Receiver:
    """Asks for a pause after those messages whose numbers are in `pauses`."""

    def __init__(self, told: Told, pauses: Collection[int]) -> None:
        self._told = told
        self._pauses = pauses
        self._is_ready = True
        self.descriptions: list[str | None] = []
        self.sizes: list[int | None] = []

    def receive(self, message: str | bytes) -> bool:
        assert self._is_ready
        self._told.messages.append(message)
        self._is_ready = len(self._told.messages) not in self._pauses
        return self._is_ready

    def hold(self, part: Part, size: int) -> None:
        pass

    def oversized(self, size: int | None) -> None:
        self.sizes.append(size)

    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        self.descriptions.append(description)

    async def ready(self) -> None:
        await asyncio.sleep(0)
        self._is_ready = True


async def ours(
    pieces: Sequence[bytes], pauses: Collection[int] = (), *, hasty: bool = False
) -> Told:
    """Read a stream in pieces with `DirectWebSocket`; `hasty` pieces come although it has paused
    the transport.
    """
    told = Told()
    wire = Wire(told)
    receiver = Receiver(told, pauses)
    websocket = DirectWebSocket(wire, set(), turns_of(asyncio.get_running_loop()), MAX_SIZE)
    websocket.accept(b"", receiver)
    for piece in pieces:
        if wire.is_closing():
            break
        websocket.data_received(piece)
        if not hasty:
            await wire.wait()
    await wire.wait()
    assert len(receiver.descriptions) == (told.close is not None)
    return told


class Quiet(Protocol):
    """The library's protocol without the texts of its close frames."""

    @override
    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        super().fail(code)

    @override
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # RFC 6455, 5.4: it may come between fragments
        super().recv_frame(frame)


def theirs(stream: bytes) -> Told:
    """Read a stream with the library, and with what it leaves out: joined fragments, UTF-8, and
    lengths in more bytes than needed.
    """
    told = Told()
    library = Quiet(Side.SERVER, state=OPEN, max_size=MAX_SIZE)
    fragments: list[bytes] = []
    is_text = False
    start = 0
    for at in range(1, len(stream) + 1):
        head = stream[start:at]
        if (len(head) == 4 and head[1] & 127 == 126 and head[2:] < b"\0\x7e") or (
            len(head) == 10 and head[1] & 127 == 127 and head[2:] < b"\0\0\0\0\0\1\0\0"
        ):
            library.fail(1002)
        library.receive_data(stream[at - 1 : at])
        for event in library.events_received():
            assert isinstance(event, Frame)
            start = at
            if event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
                is_text = is_text if event.opcode is Opcode.CONT else event.opcode is Opcode.TEXT
                fragments.append(bytes(event.data))
                if event.fin:
                    payload = b"".join(fragments)
                    fragments.clear()
                    try:
                        told.messages.append(payload.decode() if is_text else payload)
                    except UnicodeDecodeError:
                        library.fail(1007)
        told.write(b"".join(library.data_to_send()))
        if library.eof_sent:
            break
    return told


def client_frame(
    first: int, payload: bytes, *, is_masked: bool = True, length_of: int = 0
) -> bytes:
    """Build a client's frame, with a length that may be longer than it needs to be."""
    size = len(payload)
    mask = 0x80 if is_masked else 0
    if length_of == 8 or size > 65_535:
        head = bytes((first, mask | 127)) + struct.pack("!Q", size)
    elif length_of == 2 or size > 125:
        head = bytes((first, mask | 126)) + struct.pack("!H", size)
    else:
        head = bytes((first, mask | size))
    if not is_masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


payloads = st.one_of(
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=130),
    st.just(b"\x03\xe8"),
    st.sampled_from([125, 126, 199, 200, 201, 220]).map(lambda size: b"x" * size),
)
common = st.builds(client_frame, st.sampled_from([0x81, 0x82]), payloads)
fragments = st.builds(client_frame, st.sampled_from([0x01, 0x02, 0x00, 0x80]), payloads)
control = st.builds(client_frame, st.sampled_from([0x89, 0x8A]), st.binary(max_size=125))
odd = st.builds(
    client_frame,
    st.one_of(st.sampled_from([0x88, 0x89, 0x09, 0xC1, 0x83, 0x8B]), st.integers(0, 255)),
    payloads,
    is_masked=st.sampled_from([True, True, True, False]),
    length_of=st.sampled_from([0, 2, 8]),
)
streams = st.one_of(
    st.lists(st.one_of(common, common, control, fragments), max_size=12),
    st.lists(st.one_of(common, fragments, control, odd), max_size=8),
    st.lists(st.binary(max_size=40), max_size=4),
).map(b"".join)


@st.composite
def cut_streams(draw: st.DrawFn) -> list[bytes]:
    stream = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    edges = [0, *cuts, len(stream)]
    return [stream[start:end] for start, end in pairwise(edges) if start < end]


@given(cut_streams())
def test_a_cutter_cuts_any_stream_into_its_frames(pieces: list[bytes]) -> None:
    cutter, taken = FrameCutter(), bytearray()
    library = Quiet(Side.SERVER, state=OPEN)
    for piece in pieces:
        cutter.put(piece)
        while (part := cutter.take()) is not None:
            taken += part
            if cutter.is_padded:
                return
            if not library.eof_sent:
                library.receive_data(part)
            assert len(library.events_received()) <= 1
    stream = b"".join(pieces)
    assert stream.startswith(taken)
    assert stream[len(taken) :] == cutter.pending
    assert len(cutter.pending) < 10


@given(cut_streams())
def test_any_stream_cut_anywhere_means_what_the_library_says(pieces: list[bytes]) -> None:
    assert asyncio.run(ours(pieces)) == theirs(b"".join(pieces))


@given(cut_streams(), st.sets(st.integers(1, 8)), st.booleans())
def test_it_means_the_same_to_a_receiver_that_asks_for_pauses(
    pieces: list[bytes], pauses: set[int], hasty: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "BYTES_PER_TURN", 60)  # of what others have a turn after, too
        assert asyncio.run(ours(pieces, pauses, hasty=hasty)) == theirs(b"".join(pieces))


@settings(max_examples=20)
@given(
    st.lists(st.one_of(common, common, control), min_size=1, max_size=12),
    st.integers(1, 40_000),
    st.sets(st.integers(1, 900)),
)
def test_so_do_reads_of_many_frames(frames: list[bytes], cut: int, pauses: set[int]) -> None:
    stream = b"".join(frames) * (bounds.FRAMES_PER_TURN * 3 // len(frames))
    pieces = [stream[at : at + cut] for at in range(0, len(stream), cut)]
    assert asyncio.run(ours(pieces, pauses)) == theirs(stream)


def test_what_came_before_the_end_is_delivered_though_it_waits() -> None:
    async def scenario() -> tuple[Told, list[str | None]]:
        told = Told()
        wire = Wire(told)
        receiver = Receiver(told, {1})
        websocket = DirectWebSocket(wire, set(), turns_of(asyncio.get_running_loop()), MAX_SIZE)
        websocket.accept(b"", receiver)
        websocket.data_received(
            b"".join(client_frame(first, b"x") for first in (0x81, 0x81, 0x01, 0x80, 0x82))
        )
        assert told.messages == ["x"]
        wire.close()
        websocket.connection_lost(None)
        assert receiver.descriptions == []
        for _ in range(10):
            await asyncio.sleep(0)
        return told, receiver.descriptions

    told, descriptions = asyncio.run(scenario())
    assert told.messages == ["x", "x", "xx", b"x"]
    assert descriptions == ["close code 1006"]


def test_after_a_large_read_others_have_their_turn() -> None:
    async def scenario() -> list[bool]:
        told = Told()
        wire = Wire(told)
        websocket = DirectWebSocket(
            wire, set(), turns_of(asyncio.get_running_loop()), bounds.BYTES_PER_TURN
        )
        websocket.accept(b"", Receiver(told, ()))
        states: list[bool] = []
        for size in (bounds.BYTES_PER_TURN // 4, bounds.BYTES_PER_TURN // 2):
            websocket.data_received(client_frame(0x81, b"x" * size) * 2)
            states.append(wire.is_paused)
            await asyncio.sleep(0)
            states.append(wire.is_paused)
        assert len(told.messages) == 4
        return states

    assert asyncio.run(scenario()) == [False, False, True, False]


def test_a_connection_whose_receiver_cannot_go_on_is_dropped() -> None:
    class Ending(Receiver):
        @override
        def receive(self, message: str | bytes) -> bool:
            if len(told.messages) == 1:
                raise GeneratorExit
            return super().receive(message)

    async def scenario() -> bool:
        wire = Wire(told)
        websocket = DirectWebSocket(wire, set(), turns_of(asyncio.get_running_loop()), MAX_SIZE)
        websocket.accept(b"", Ending(told, {1}))
        raised = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: raised.set_result(context["exception"])
        )
        websocket.data_received(client_frame(0x81, b"x") * 2)
        assert isinstance(await raised, GeneratorExit)
        return wire.is_closing()

    told = Told()
    assert asyncio.run(scenario())


@given(streams)
def test_a_byte_at_a_time_means_the_same(stream: bytes) -> None:
    assert asyncio.run(ours([stream[at : at + 1] for at in range(len(stream))])) == theirs(stream)


@pytest.mark.parametrize("first", [0x81, 0x82])
@pytest.mark.parametrize("size", [0, 1, 125, 126, MAX_SIZE - 1, MAX_SIZE, MAX_SIZE + 1])
def test_the_limit_is_the_same_for_whole_and_for_cut_frames(first: int, size: int) -> None:
    stream = client_frame(first, b"x" * size)
    expected = theirs(stream)

    async def cut_anywhere() -> None:
        for cut in range(len(stream) + 1):
            pieces = [piece for piece in (stream[:cut], stream[cut:]) if piece]
            assert await ours(pieces) == expected

    asyncio.run(cut_anywhere())
    assert (expected.close is None) == (size <= MAX_SIZE)


@given(st.one_of(common, control, fragments, odd), st.integers(0, 250))
def test_the_size_of_a_frame_is_told_in_three_looks_at_most(frame: bytes, limit: int) -> None:
    looks = 0
    known = 0
    while known < len(frame):
        needed = frame_size(frame[:known], 0, known, limit)
        looks += 1
        if needed in {0, len(frame)}:
            break
        assert known < needed < len(frame)
        known = needed
    assert looks <= 4


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_frames_of_a_server_are_those_of_the_library(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    assert encode_text(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert encode_binary(b"\xff" * size) == Frame(Opcode.BINARY, b"\xff" * size).serialize(
        mask=False
    )


def test_a_prepared_message_is_framed_once_with_its_attachments() -> None:
    prepared = Prepared('451-["a",{"_placeholder":true,"num":0}]', [b"\x00", b"y" * 300])
    wire = prepare(prepared)
    assert wire == encode_text(prepared.text) + encode_binary(b"\x00") + encode_binary(b"y" * 300)
    assert prepared.wire is wire


@pytest.mark.parametrize("size", [0, 125, 126, 4095, 4096, 65_536])
def test_a_message_is_found_in_the_midst_of_others(size: int) -> None:
    stream = b"before" + client_frame(0x82, b"z" * size) + b"after"
    assert next_message(stream, 6, len(stream), 1 << 20) == (b"z" * size, len(stream) - 5)
    assert next_message(bytearray(stream), 6, len(stream), 1 << 20) == (
        b"z" * size,
        len(stream) - 5,
    )
    assert next_message(stream, 6, len(stream) - 6, 1 << 20) == (None, 6)
