"""The server that the official Socket.IO v5 suite expects: ``python -m
tests.conformance.socketio_server --port 3000``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any, Final

from ackord.runtime.server import Limits, Server, Socket

from tests import hosts

AUTH_DELAY: Final = 0.02
"""Seconds between CONNECT and the `auth` event.

The suite listens for the second message only after its event loop has come round from the first,
and so misses a frame that came with the same read of its socket. Measured with its own `ws`:
without a delay one run in three misses it, with npm's socket.io one in six.
"""


def make_server(
    ping_interval: float = 0.3, ping_timeout: float = 0.2, connect_timeout: float = 1.0
) -> Server:
    server = Server(
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        max_payload=1_000_000,
        cors_origins="*",
        limits=Limits(connect_timeout=connect_timeout),
    )

    @server.on("connection")
    async def connected(socket: Socket) -> None:
        def message(*values: Any) -> None:
            socket.emit("message-back", *values)

        def message_with_ack(*values: Any) -> tuple[Any, ...]:
            return values

        socket.on("message", message)
        socket.on("message-with-ack", message_with_ack)
        await send_auth(socket)

    @server.of("/custom").on("connection")
    async def custom(socket: Socket) -> None:
        await send_auth(socket)

    return server


async def send_auth(socket: Socket) -> None:
    await asyncio.sleep(AUTH_DELAY)
    socket.emit("auth", socket.handshake.auth)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument(
        "--ping-interval", type=float, default=0.3, help="seconds; the suite expects 0.3"
    )
    parser.add_argument(
        "--ping-timeout", type=float, default=0.2, help="seconds; the suite expects 0.2"
    )
    parser.add_argument(
        "--connect-timeout", type=float, default=1.0, help="seconds; the suite expects 1"
    )
    hosts.add_option(parser)
    options = parser.parse_args(arguments)
    server = make_server(options.ping_interval, options.ping_timeout, options.connect_timeout)
    hosts.host(server.asgi(), options.hosting, port=options.port).run()


if __name__ == "__main__":
    main()
