"""A server, and clients that are driven packet by packet, in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.server import Namespace, Server, Socket
from ackord.runtime.testing import Link, RawPeer, run


def serve(**listeners: Any) -> Server:
    """Make a server whose sockets have these listeners."""
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        for name, listener in listeners.items():
            socket.on(name, listener)

    return server


class Stage:
    """A server, and clients that are driven packet by packet."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.link = Link(server)

    async def open(self) -> RawPeer:
        """Open a connection; its open packet is taken."""
        peer = await self.link.raw()
        assert (await peer.receive_text()).startswith("0{")
        return peer

    async def join(self, namespace: str = "/", auth: str = "") -> tuple[RawPeer, str]:
        """Open a connection and join a namespace; return the peer and its socket's id."""
        peer = await self.open()
        return peer, await self.enter(peer, namespace, auth)

    async def enter(self, peer: RawPeer, namespace: str = "/", auth: str = "") -> str:
        """Join a namespace with a connection that is open; return the socket's id."""
        prefix = "40" if namespace == "/" else f"40{namespace},"
        await peer.send(prefix + auth)
        answer = await peer.receive_text()
        assert answer.startswith(prefix + '{"sid":"'), answer
        return answer.removeprefix(prefix + '{"sid":"').removesuffix('"}')


def play(server: Server, scenario: Callable[[Stage], Awaitable[Any]]) -> None:
    """Run a scenario against a server, in virtual time."""

    async def main() -> None:
        try:
            await scenario(Stage(server))
        finally:
            await server.close()
        assert len(server.environment.tasks) == 0

    run(main())


def check_empty(namespace: Namespace) -> None:
    """Nothing of any socket is left in a namespace."""
    assert namespace.sockets == {}
    assert isinstance(namespace.adapter, MemoryAdapter)
    assert namespace.adapter.rooms == {}
    assert namespace.adapter.sids == {}
