"""A server with several workers: ``python -m tests.runtime.hosting.workers_server WORKERS LOOP``."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

from ackord.runtime.server import Server, Socket

server = Server(ping_interval=300, ping_timeout=300)


def echo(value: Any) -> Any:
    return value


def tell(value: Any) -> None:
    server.emit("told", value)


@server.on("connection")
def connected(socket: Socket) -> None:
    async def count() -> int:
        return len(await server.fetch_sockets())

    async def hang() -> None:
        await asyncio.sleep(600)

    socket.on("pid", os.getpid)
    socket.on("echo", echo)
    socket.on("tell", tell)
    socket.on("count", count)
    socket.on("block", lambda: time.sleep(600))
    socket.on("hang", hang)


if __name__ == "__main__":
    server.run(port=0, workers=int(sys.argv[1]), loop=sys.argv[2])
