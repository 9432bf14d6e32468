"""The typed application that is measured: generated stubs of bench.yaml, `async` handlers."""

from __future__ import annotations

from ackord.runtime.server import Server
from typing_extensions import override

from tests.bench.contract import BenchContext, BenchNamespace, GroupRoom, Item
from tests.bench.servers.growth import register_grown
from tests.bench.servers.listening import Variant


class Bench(BenchNamespace):
    """Every event of bench.yaml."""

    def __init__(self, *, shouts_to_room: bool = False) -> None:
        super().__init__()
        self._shouts_to_room = shouts_to_room
        self._room: GroupRoom | None = None

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
        rooms = [GroupRoom(number) for number in range(groups)]
        ctx.join(*rooms)
        if self._shouts_to_room:
            self._room = rooms[-1]
        return True

    @override
    async def on_shout(self, ctx: BenchContext, item: Item) -> None:
        if self._room is None:
            ctx.all.shouted(item)
        else:
            self.to(self._room).shouted(item)


def make_server(variant: Variant) -> Server:
    """Make the server of `variant`, ready to be hosted."""
    server = Server()
    if variant.is_grown:
        register_grown(server, variant)
    else:
        server.register(Bench(shouts_to_room=variant.room))
    return server
