"""The server that the official Engine.IO v4 suite expects: ``python -m
tests.conformance.engineio_server --port 3000``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.hosting.asgi import AsgiApp

from tests import hosts


def suite_options(ping_interval: float = 0.3, ping_timeout: float = 0.2) -> EngineOptions:
    """Return what the suite asserts; it can't be run with other times."""
    return EngineOptions(
        path="/engine.io/",
        ping_interval=ping_interval,
        ping_timeout=ping_timeout,
        max_payload=1_000_000,
        cors_origins="*",
    )


class Echo:
    """Sends every message back."""

    congested = False

    def __init__(self, socket: EngineSocket) -> None:
        self._socket = socket

    def receive_text(self, packet: str) -> bool:
        self._socket.send(packet)
        return True

    def receive_binary(self, data: bytes) -> bool:
        self._socket.send_binary(data)
        return True

    def closed(self, reason: str, description: str | None = None) -> None:
        pass

    async def ready(self) -> None:
        pass


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--ping-interval", type=float, default=0.3, help="seconds")
    parser.add_argument("--ping-timeout", type=float, default=0.2, help="seconds")
    hosts.add_option(parser)
    given = parser.parse_args(arguments)
    options = suite_options(given.ping_interval, given.ping_timeout)
    hosts.host(AsgiApp(EngineServer(options, Echo)), given.hosting, port=given.port).run()


if __name__ == "__main__":
    main()
