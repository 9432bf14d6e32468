"""The untyped API with plain `def` listeners, hosted as `Server.run` hosts it: nothing is
validated, no coroutine is made.
"""

from __future__ import annotations

from typing import Any

from ackord.runtime.hosting import configure
from ackord.runtime.server import Server, Socket

from tests.bench.servers.listening import listen


def make_server() -> Server:
    """Make the server, ready to be hosted."""
    server = Server()

    def echo(item: Any) -> Any:
        return item

    def note(item: Any) -> None:
        pass

    def sync() -> bool:
        return True

    def upload(data: bytes) -> int:
        return len(data)

    def shout(item: Any) -> None:
        server.emit("shouted", item)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def join(groups: int) -> bool:
            socket.join([f"group:{number}" for number in range(groups)])
            return True

        socket.on("echo", echo)
        socket.on("note", note)
        socket.on("sync", sync)
        socket.on("upload", upload)
        socket.on("join", join)
        socket.on("shout", shout)

    return server


def main() -> None:
    """Serve."""
    configure(make_server().asgi()).run(sockets=[listen()])


if __name__ == "__main__":
    main()
