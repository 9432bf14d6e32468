"""The nodes that aren't measured: ``python -m tests.bench.cluster.others SYSTEM REDIS_URL`` sends
what fifteen nodes send, each over a connection of its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final

from ackord.runtime.adapters import BroadcastFlags, Target
from ackord.runtime.adapters.redis import (
    redis_publisher,
    redis_streams_publisher,
    sharded_redis_publisher,
)
from ackord.runtime.adapters.redis.publisher import RedisPublisher
from ackord.runtime.protocol.socketio.event import encode_plain_event

from tests.bench.cluster import town

PUBLISHERS: Final[dict[str, Callable[[str], RedisPublisher]]] = {
    "classic": redis_publisher,
    "sharded": sharded_redis_publisher,
    "streams": redis_streams_publisher,
}


def emit_with_ackord(kind: str, url: str) -> Callable[[str], Any]:
    """Return what sends a token to a room, as a node of Ackord does."""
    publisher = PUBLISHERS[kind](url)
    event = encode_plain_event("token", (town.TOKEN,))

    def emit(room: str) -> Any:
        return publisher.publish("/", event, Target(frozenset({room})), BroadcastFlags())

    return emit


def emit_with_psio(url: str) -> Callable[[str], Any]:
    """Return what sends a token to a room, as a node of python-socketio does."""
    import socketio  # noqa: PLC0415  # the other systems don't need it

    manager: Any = socketio.AsyncRedisManager(url, write_only=True)
    return lambda room: manager.emit("token", town.TOKEN, "/", room=room)


async def send(system: str, url: str) -> None:
    """Send until the end of this process."""
    rate = town.RATE / town.NODES
    async with asyncio.TaskGroup() as tasks:
        for node in range(town.NODES):
            if node != town.MEASURED:
                emit = emit_with_psio(url) if system == "psio" else emit_with_ackord(system, url)
                tasks.create_task(town.stream(town.homes(node), rate, emit))
                await asyncio.sleep(1 / town.RATE)  # nodes don't send at the same moment
        print("sending", flush=True)


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:3]))
