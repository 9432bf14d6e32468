"""The server for the benchmark of clients: the untyped one, which ends all connections at the event
``drop`` as a network would: clients come back.
"""

from __future__ import annotations

import asyncio

from ackord.runtime.hosting import configure
from ackord.runtime.server import Server, Socket

from tests.bench.servers.ackord_plain import make_server
from tests.bench.servers.listening import listen


def add_drop(server: Server) -> None:
    """Let a server end all connections on demand."""

    def drop() -> None:
        for connection in server.connections:
            asyncio.get_running_loop().call_soon(connection.engine.close)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("drop", drop)


def main() -> None:
    """Serve."""
    server = make_server()
    add_drop(server)
    configure(server.asgi()).run(sockets=[listen()])


if __name__ == "__main__":
    main()
