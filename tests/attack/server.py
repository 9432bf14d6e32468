"""The server under attack: ``python -m tests.attack.server --hosting direct``;
tests/node/attack_server.mjs is the same for Node.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any

from ackord.runtime.engine.options import EngineKeywords
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server, Socket
from ackord.runtime.server.limits import Limits
from ackord.runtime.stubs import v1 as _v1

from tests import hosts
from tests.bench.contract import Item
from tests.bench.servers.listening import listen

HOOK_SECONDS = 1.0
"""What a hook takes that tells another service."""
HANDLER_SECONDS = 0.3
"""What a handler takes that asks a database."""


class Tree(_v1.Model, frozen=True):
    """A type whose untagged union contains itself."""

    kids: list[Tree] | Tree | str | int


ITEM: _v1.Event[Item] = _v1.Event(
    "item", handler="on_item", args=(_v1.Arg("item", Item),), ack=Item
)
TREE: _v1.Event[int] = _v1.Event(
    "tree", handler="on_tree", args=(_v1.Arg("tree", Tree),), ack=_v1.Int
)


class Typed(_v1.Namespace[_v1.Context[None]]):
    """The events of a contract, as `ackord generate` writes them."""

    path = "/typed"
    contract = _v1.NamespaceContract("/typed", contract="attack", client_to_server=(ITEM, TREE))
    context_type = _v1.Context[None]

    async def on_item(self, ctx: _v1.Context[None], item: Item) -> Item:
        return item

    async def on_tree(self, ctx: _v1.Context[None], tree: Tree) -> int:
        return 1


def make_server(*, recovery: bool, proxies: bool, small: bool) -> Server:
    """Make the server, with default options, or with a tenth of the bounds that attacks have to
    reach.
    """
    options: EngineKeywords = {"trusted_proxies": ("127.0.0.1",)} if proxies else {}
    if small:
        options["max_half_open"] = 1000
    server = Server(
        limits=Limits(child_namespaces=1000) if small else None,
        connection_state_recovery=ConnectionStateRecovery() if recovery else None,
        **options,
    )

    async def slow(_: Any) -> None:
        await asyncio.sleep(HANDLER_SECONDS)

    def shout(count: int, size: int) -> None:
        for _ in range(count):
            server.emit("news", "x" * size)

    def crash() -> None:
        raise ValueError("a mistake of the application")

    @server.on("connection")
    def connected(client: Socket) -> None:
        async def ask() -> Any:
            return await client.emit_with_ack("question")

        client.on("ask", ask)
        client.on("crash", crash)
        client.on("echo", _echo)
        client.on("shout", shout)
        client.on("slow", slow)

    server.register(Typed())
    server.of("/typed").on("connection", lambda client: client.on("echo", _echo))
    server.of("/closed").use(_refuse)
    server.of(re.compile(r"/tenant-\d+")).on("connection", lambda client: client.on("echo", _echo))
    server.of("/typed").on_invalid(_tell)
    server.on_error(_tell)
    return server


def _echo(value: Any) -> Any:
    return value


async def _refuse(_: Socket) -> None:
    raise ValueError("a mistake of the middleware")


async def _tell(*_: Any) -> None:
    await asyncio.sleep(HOOK_SECONDS)


def main() -> None:
    """Serve on a free port until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("recovery", "proxies", "compression", "small"):
        parser.add_argument(f"--{name}", action="store_true")
    hosts.add_option(parser)
    options = parser.parse_args()
    app = make_server(
        recovery=options.recovery, proxies=options.proxies, small=options.small
    ).asgi()
    settings: dict[str, Any] = (
        {"per_message_deflate": True}
        if options.compression and options.hosting is not hosts.Hosting.PLAIN
        else {}
    )
    hosts.host(app, options.hosting, **settings).run(sockets=[listen()])


if __name__ == "__main__":
    main()
