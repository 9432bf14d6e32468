"""A server with a namespace that takes its time: ``python -m tests.interop.rejoining_server``."""

from __future__ import annotations

import asyncio

from ackord.runtime.server import Server, Socket

from tests import hosts


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
    hosts.serve(make_server().asgi(), hosts.of_command_line(__doc__))


if __name__ == "__main__":
    main()
