"""What is measured: the benchmark's generated server, and the same by hand."""

from __future__ import annotations

from typing import Any

from ackord.runtime.server import Server, Socket

from tests.bench.contract import BenchNamespace
from tests.bench.servers.application import Bench


def make_server(bench: BenchNamespace | None = None) -> Server:
    """Make a server with `bench` in ``/``, and with untyped handlers in ``/plain``."""
    server = Server()
    server.register(bench or Bench())

    @server.of("/plain").on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("echo")
        def echo(item: Any) -> Any:
            return item

        @socket.on("async echo")
        async def async_echo(item: Any) -> Any:
            return item

    server.asgi()  # no handlers are added from here on
    return server
