"""The generated typed server of `bench.yaml`, on uvicorn."""

from __future__ import annotations

from ackord.runtime.server import Server
from typing_extensions import override

from tests.bench.contract import BenchContext, BenchNamespace, Item
from tests.bench.uvicorn_server import serve


class Bench(BenchNamespace):
    """Echo and broadcast."""

    @override
    async def on_echo(self, ctx: BenchContext, item: Item) -> Item:
        return item

    @override
    async def on_shout(self, ctx: BenchContext, item: Item) -> None:
        ctx.all.shouted(item)


def main() -> None:
    """Serve."""
    server = Server()
    server.register(Bench())
    serve(server.asgi())


if __name__ == "__main__":
    main()
