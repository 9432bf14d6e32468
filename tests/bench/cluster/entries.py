"""What a message of another server costs this server before it is delivered, in this process."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Mapping
from typing import Any, Final

from ackord.runtime.adapters import BroadcastFlags, Target
from ackord.runtime.adapters.cluster import wire
from ackord.runtime.adapters.cluster.messages import Broadcast
from ackord.runtime.adapters.cluster.slices import slice_message
from ackord.runtime.adapters.redis import classic
from ackord.runtime.adapters.redis.entries import entry_of, read_entry
from ackord.runtime.protocol.socketio.event import encode_plain_event

from tests.bench.cluster.town import TOKEN

UID: Final = "72ebf68f64985106"
ITEM: Final[dict[str, Any]] = {
    "id": 123456,
    "text": "the quick brown fox jumps over the lazy dog, twice a day" * 10,
    "tags": ["alpha", "beta"],
    "more": [{"number": number, "values": [1.5, None, True]} for number in range(16)],
}
"""About a kilobyte."""
PAYLOADS: Final = {"a token": TOKEN, "1 KB": ITEM}
REPEATS: Final = 5
COUNT: Final = 2000


def measure() -> Mapping[str, float]:
    """Return the best of some rounds, in microseconds, by what is read."""
    found: dict[str, float] = {}
    for name, payload in PAYLOADS.items():
        for what, read in readings(payload).items():
            best = min(timeit.repeat(read, number=COUNT, repeat=REPEATS))
            found[f"{what}, {name}"] = best / COUNT * 1e6
    return found


def readings(payload: Any) -> Mapping[str, Callable[[], object]]:
    """Return what reads a message with a payload, by the kind of message."""
    event = encode_plain_event("token", (payload,))
    broadcast = Broadcast(event, Target(frozenset({"answer:3:4"})), BroadcastFlags())
    packed = classic.encode_command(broadcast, "other", "/")
    text = wire.encode(broadcast, UID, "/")
    *_, data = entry_of(broadcast, UID, "/", "stream", 1000)
    fields = {b"type": b"3", b"data": str(data).encode()}

    def classic_message() -> object:
        _, packet, options = wire.decode_any(packed)
        return wire.decode_data(wire.Kind.BROADCAST, {"packet": packet, "opts": options})

    return {
        "an entry for other servers": lambda: read_entry(fields, lambda _: False),
        "an entry for this server": lambda: read_entry(fields, lambda _: True),
        "a message of the classic adapter": classic_message,
        "a message of the sharded adapter": lambda: slice_message(text),
    }
