"""A server of a cluster: ``ackord serve examples.cluster.server:server``, started as often as
wanted; `REDIS_URL` and `TRUSTED_PROXIES` of the environment say where Redis and the proxies are.
"""

from __future__ import annotations

import os
import socket as sockets
from typing import Final

from ackord.runtime.adapters.redis import redis_streams_adapter
from ackord.runtime.server import ConnectionStateRecovery, Server, Socket

NAME: Final = f"{sockets.gethostname()}-{os.getpid()}"
"""Tells the servers apart."""

server = Server(
    adapter=redis_streams_adapter(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")),
    connection_state_recovery=ConnectionStateRecovery(),
    trusted_proxies=os.environ.get("TRUSTED_PROXIES", "127.0.0.1").split(","),
)


@server.on("connection")
def connected(socket: Socket) -> None:
    """Serve one client: what it says is told to the clients of all servers."""

    async def say(text: str) -> str:
        await server.publish("said", socket.handshake.address, text)
        return NAME

    socket.on("say", say)
