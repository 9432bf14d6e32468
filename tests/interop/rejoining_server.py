"""A server with a namespace that takes its time: ``python -m tests.interop.rejoining_server``."""

from __future__ import annotations

import asyncio
import socket as sockets

from ackord.runtime import Server, Socket
from ackord.runtime.hosting.serve import configure


def make_server() -> Server:
    """Make a server that tells in ``/steady`` who is in ``/slow``."""
    server = Server()
    slow = server.of("/slow")

    @slow.use
    async def think(_: Socket) -> None:
        await asyncio.sleep(0.3)

    @server.of("/steady").on("connection")
    def connected(socket: Socket) -> None:
        socket.on("who", lambda: list(slow.sockets))

    return server


def main() -> None:
    """Serve on a free port until terminated."""
    listener = sockets.create_server(("127.0.0.1", 0))
    print(f"listening {listener.getsockname()[1]}", flush=True)
    configure(make_server().asgi(), graceful_timeout=1).run(sockets=[listener])


if __name__ == "__main__":
    main()
