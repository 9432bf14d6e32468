"""A server of the clusters in the tests, behind a proxy: ``python -m
tests.interop.cluster.proxied_node REDIS_URL``. It prints ``listening PORT``.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ackord.runtime.server import Socket

from tests import hosts
from tests.interop.cluster.node import make_server

server = make_server("classic", sys.argv[1], trusted_proxies=["127.0.0.1"], ping_interval=0.5)


@server.on("connection")
def connected(socket: Socket) -> None:
    """Answer clients who ask which server they have reached, and how."""
    handshake = socket.handshake

    def who() -> list[Any]:
        return [os.getpid(), handshake.address, handshake.secure]

    socket.on("who", who)


if __name__ == "__main__":
    hosts.serve(server.asgi(), hosts.Hosting.DIRECT)
