"""This project's server for tests/interop/test_client.py; does what tests/node/peer_server.mjs
does: ``python -m tests.interop.peer_server [PORT] [--recovery] [--patient]``.
"""

from __future__ import annotations

import sys
from typing import Any

from ackord.runtime.hosting import configure
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import RefusalReply, Server, Socket

from tests.interop.peers import listen


def make_server(*, recovery: bool, ping_timeout: float) -> Server:
    """Make a server whose namespaces do the same."""
    server = Server(
        ping_interval=0.5,
        ping_timeout=ping_timeout,
        connection_state_recovery=ConnectionStateRecovery() if recovery else None,
    )
    for name in ("/", "/second", "/private"):
        _serve(server, name)

    @server.of("/private").use
    async def only_who_knows_the_word(socket: Socket) -> None:
        if socket.handshake.auth.get("word") != "sesame":
            raise RefusalReply("not welcome", {"code": 42, "hint": ["a word", None]})

    return server


def _serve(server: Server, name: str) -> None:
    namespace = server.of(name)

    @namespace.on("connection")
    def connected(socket: Socket) -> None:
        def echo(*values: Any) -> tuple[Any, ...]:
            return values

        async def ask(*values: Any) -> Any:
            return await socket.emit_with_ack("question", *values, timeout=5)

        def note(number: int) -> int:
            print(f"noted {number}", flush=True)
            return number

        def enter(room: str) -> str:
            socket.join(room)
            return name

        def publish(room: str, *values: Any) -> None:
            namespace.to(room).emit("news", *values)

        def large(size: int) -> None:
            socket.emit("news", size, bytes(size))

        def leave() -> None:
            socket.disconnect()

        for handler in (echo, ask, note, enter, publish, large, leave):
            socket.on(handler.__name__, handler)


def main() -> None:
    """Serve until the process ends."""
    server = make_server(
        recovery="--recovery" in sys.argv, ping_timeout=60 if "--patient" in sys.argv else 2.5
    )
    listening = listen(sys.argv)
    configure(server.asgi(), graceful_timeout=1, log_level="error").run(sockets=[listening])


if __name__ == "__main__":
    main()
