"""What is measured: the generated server of tests/bench/bench.yaml, and the same by hand."""

from __future__ import annotations

from typing import Any

from ackord.runtime.server import Server, Socket
from typing_extensions import override

from tests.bench.contract import BenchContext, BenchNamespace, GroupRoom, Item


class Bench(BenchNamespace):
    """Handlers that do nothing of their own, so that what is counted is the library's."""

    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        return item

    @override
    async def on_note(self, ctx: BenchContext, item: Item) -> None:
        pass

    @override
    async def on_sync(self, ctx: BenchContext) -> bool:
        return True

    @override
    async def on_upload(self, ctx: BenchContext, data: bytes) -> int:
        return len(data)

    @override
    async def on_join(self, ctx: BenchContext, groups: int) -> bool:
        ctx.join(*(GroupRoom(number) for number in range(groups)))
        return True

    @override
    async def on_shout(self, ctx: BenchContext, item: Item) -> None:
        ctx.all.shouted(item)


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
