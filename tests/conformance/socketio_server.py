"""The server that the official Socket.IO v5 suite expects: ``python -m tests.conformance.socketio_server --port 3000``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ackord.runtime.server import Limits, Server, Socket


def make_server(ping_interval: float = 0.3, ping_timeout: float = 0.2) -> Server:
    server = Server(
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        max_payload=1_000_000,
        cors_origins="*",
        limits=Limits(connect_timeout=1.0),
    )

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.emit("auth", socket.handshake.auth)

        def message(*values: Any) -> None:
            socket.emit("message-back", *values)

        def message_with_ack(*values: Any) -> tuple[Any, ...]:
            return values

        socket.on("message", message)
        socket.on("message-with-ack", message_with_ack)

    @server.of("/custom").on("connection")
    def custom(socket: Socket) -> None:
        socket.emit("auth", socket.handshake.auth)

    return server


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--ping-interval", type=float, default=0.3, help="seconds; the suite expects 0.3")
    parser.add_argument("--ping-timeout", type=float, default=0.2, help="seconds; the suite expects 0.2")
    options = parser.parse_args(arguments)
    make_server(options.ping_interval, options.ping_timeout).run(port=options.port)


if __name__ == "__main__":
    main()
