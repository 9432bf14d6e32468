"""The server that the official Engine.IO v4 suite expects: ``python -m tests.conformance.engineio_server --port 3000``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.serve import run
from ackord.runtime.server.engine import EngineOptions, EngineServer, EngineSocket

OPTIONS = EngineOptions(path="/engine.io/", ping_interval=0.3, ping_timeout=0.2, max_payload=1_000_000, cors_origins="*")


class Echo:
    """Sends every message back."""

    congested = False

    def __init__(self, socket: EngineSocket) -> None:
        self._socket = socket

    def receive_text(self, packet: str) -> None:
        self._socket.send(packet)

    def receive_binary(self, data: bytes) -> None:
        self._socket.send_binary(data)

    def closed(self, reason: str, description: str | None = None) -> None:
        pass

    async def ready(self) -> None:
        pass


def make_app(options: EngineOptions = OPTIONS) -> AsgiApp:
    return AsgiApp(EngineServer(options, Echo))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    run(make_app(), port=parser.parse_args(arguments).port)


if __name__ == "__main__":
    main()
