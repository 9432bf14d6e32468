"""A server with several workers: ``python -m tests.runtime.hosting.workers_server WORKERS LOOP
[KIND]``.

KIND is ``recovery``, the URL of a Redis (recovery by its streams), or ``narrow``: few connections
may be on their way to a worker.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.adapters.redis import redis_streams_adapter
from ackord.runtime.hosting.workers import handover
from ackord.runtime.server import ConnectionStateRecovery, Server, Socket

kind = "".join(sys.argv[3:])
server = Server(
    ping_interval=300,
    ping_timeout=300,
    adapter=redis_streams_adapter(kind) if kind.startswith("redis:") else MemoryAdapter,
    connection_state_recovery=None if kind in ("", "narrow") else ConnectionStateRecovery(),
)
if kind == "narrow":
    handover.BACKLOG, handover.TIMEOUT = 1, 0.3  # type: ignore[misc]  # pyright: ignore[reportConstantRedefinition]


def echo(value: Any) -> Any:
    return value


def block() -> None:
    print("it blocks", file=sys.stderr, flush=True)
    time.sleep(600)


def tell(value: Any) -> None:
    server.emit("told", value)


@server.on("connection")
def connected(socket: Socket) -> None:
    async def count() -> int:
        return len(await server.fetch_sockets())

    socket.on("pid", os.getpid)
    socket.on("echo", echo)
    socket.on("tell", tell)
    socket.on("count", count)
    socket.on("block", block)


if __name__ == "__main__":
    server.run(port=0, workers=int(sys.argv[1]), loop=sys.argv[2])
