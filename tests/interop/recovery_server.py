"""A server with connection state recovery: ``python -m tests.interop.recovery_server``."""

from __future__ import annotations

from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server, Socket

from tests import hosts


def make_server() -> Server:
    """Make a server that tells whoever comes, and sends what it is asked to."""
    server = Server(
        connection_state_recovery=ConnectionStateRecovery(), ping_interval=5, ping_timeout=5
    )

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def who() -> dict[str, object]:
            return {
                "recovered": socket.recovered,
                "data": socket.data,
                "rooms": sorted(socket.rooms - {socket.id}),
            }

        def enter(room: str) -> None:
            socket.join(room)
            socket.data["entered"] = room

        def publish(room: str, number: int) -> None:
            server.to(room).emit("news", number, {"data": bytes([number])})

        def whisper(text: str) -> None:
            server.volatile.emit("whisper", text)
            server.local.emit("whisper", text)

        def flood(room: str, first: int, count: int, size: int) -> None:
            for number in range(first, first + count):
                server.to(room).emit("flood", number, "x" * size)

        for handler in (who, enter, publish, whisper, flood):
            socket.on(handler.__name__, handler)

    return server


def main() -> None:
    """Serve on a free port until terminated."""
    hosts.serve(make_server().asgi(), hosts.of_command_line(__doc__))


if __name__ == "__main__":
    main()
