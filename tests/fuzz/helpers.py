"""What `ackord_speedups` has in C, where it is installed, against the Python that it stands for."""

from __future__ import annotations

from typing import Any, Final

from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.names import scan_event_name
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE, scan_header, split_event
from ackord.runtime.sockets import payloads
from ackord.runtime.websocket.framing import next_message, take_text, take_texts

from tests.runtime.speedups.frames import NOT_UTF_8, UTF_8, frame
from tests.runtime.speedups.functions import PYTHON

FRAMES: Final = (
    *(b"\x0f" + frame(payload) + frame(b"x") for payload in (*NOT_UTF_8.values(), *UTF_8.values())),
    *(b"\x3f" + frame(b"x" * 130, width=width) + frame(b"x") for width in (2, 8)),
    b"\x01" + frame(b"x", 0x82) + frame(b"x", 0x89) + frame(b"x", is_masked=False),
    b"\x01" + frame(b"x", announced=2**63),
)
"""Seeds of `frames`."""
_SIZES: Final = (0, 7, 125, 10_000)


def frames(data: bytes) -> None:
    """The first byte says how many frames are wanted, and how large they may be."""
    first, read = data[0] if data else 0, data[1:]
    limit, max_size = first & 0x0F, _SIZES[first >> 4 & 3]
    expected: list[str] = []
    at = 0
    while len(expected) < limit:
        try:
            message, stop = next_message(read, at, len(read), max_size)
        except UnicodeDecodeError:
            break
        if not isinstance(message, str):
            break
        expected.append(message)
        at = stop
    assert take_texts(read, 0, max_size, limit) == (expected, at)
    assert take_texts(bytearray(read), 0, max_size, limit) == (expected, at)
    assert take_text(read, max_size) == PYTHON.take_text(read, max_size)


def event(data: bytes) -> None:
    """A message that is split the short way is split the long way, too."""
    text = data.decode("utf-8", "replace")
    parts = split_event(text)
    assert parts == PYTHON.split_event(text)
    find_exponent: Any = vars(payloads)["_find_exponent"]
    assert bool(find_exponent(text)) is PYTHON.find_exponent(text)
    if parts is None or len(parts[0]) > MAX_NAMESPACE:
        return
    namespace, ack_id, payload, name = parts
    assert scan_header(text, 1) == (2, 0, namespace, ack_id, len(text) - len(payload))
    try:
        assert scan_event_name(payload) == name
    except PacketError:
        return  # reserved, too long, or no JSON
