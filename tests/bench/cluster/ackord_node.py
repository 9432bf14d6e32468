"""A node of Ackord: ``python -m tests.bench.cluster.ackord_node ADAPTER REDIS_URL [streaming]``.

``shout`` goes to all clients of the cluster, ``shout_here`` to those of this node. With `streaming`
the clients sit down in the rooms of `tests.bench.cluster.town`, and the node sends to its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final

from ackord.runtime.adapters import Adapter, LocalNamespace, redis
from ackord.runtime.hosting import configure
from ackord.runtime.server import Server, Socket

from tests.bench.cluster import town
from tests.bench.servers.listening import listen

ADAPTERS: Final[dict[str, Callable[[str], Callable[[LocalNamespace], Adapter]]]] = {
    "classic": redis.redis_adapter,
    "sharded": redis.sharded_redis_adapter,
    "streams": redis.redis_streams_adapter,
}


def make_server(kind: str, url: str) -> Server:
    """Make a node whose clients shout."""
    server = Server(adapter=ADAPTERS[kind](url))

    def shout(item: Any) -> None:
        server.emit("shouted", item)

    def shout_here(item: Any) -> None:
        server.local.emit("shouted", item)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("shout", shout)
        socket.on("shout_here", shout_here)

    return server


def stream_tokens(server: Server) -> None:
    """Seat the clients, and send to the rooms of this node from the first client on."""
    free = iter(town.seats(town.MEASURED))
    tasks: list[asyncio.Task[None]] = []

    def emit(room: str) -> None:
        server.to(room).emit("token", town.TOKEN)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join(next(free))
        if not tasks:
            rate = town.RATE / town.NODES
            tasks.append(asyncio.create_task(town.stream(town.homes(town.MEASURED), rate, emit)))


def main(kind: str, url: str, *more: str) -> None:
    """Serve."""
    server = make_server(kind, url)
    if more:
        stream_tokens(server)
    configure(server.asgi()).run(sockets=[listen()])


if __name__ == "__main__":
    main(*sys.argv[1:])
