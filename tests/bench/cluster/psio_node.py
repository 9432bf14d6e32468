"""A node of python-socketio with its `AsyncRedisManager`: ``python -m
tests.bench.cluster.psio_node psio REDIS_URL [streaming]`` does what `ackord_node` does with its
rooms.
"""

from __future__ import annotations

import sys
from typing import Any

import socketio

from tests.bench.cluster import town
from tests.bench.servers.listening import listen
from tests.bench.servers.plain_uvicorn import serve


def stream_tokens(server: Any) -> None:
    """Seat the clients, and send to the rooms of this node from the first client on."""
    free = iter(town.seats(town.MEASURED))
    tasks: list[Any] = []

    def emit(room: str) -> Any:
        return server.emit("token", town.TOKEN, room=room)

    async def connect(sid: str, environ: Any) -> None:
        await server.enter_room(sid, next(free))
        if not tasks:
            rate = town.RATE / town.NODES
            rooms = town.homes(town.MEASURED)
            tasks.append(server.start_background_task(town.stream, rooms, rate, emit))

    server.on("connect", connect)


def main(_: str, url: str, *more: str) -> None:
    """Serve."""
    manager = socketio.AsyncRedisManager(url)
    server: Any = socketio.AsyncServer(async_mode="asgi", client_manager=manager)
    if more:
        stream_tokens(server)
    serve(socketio.ASGIApp(server), listen())


if __name__ == "__main__":
    main(*sys.argv[1:])
