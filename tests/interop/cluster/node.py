"""A server of the clusters in the tests: ``python -m tests.interop.cluster.node ADAPTER
REDIS_URL [PORT]``. It prints ``listening PORT`` and does what tests/node/cluster_server.mjs does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from ackord.runtime.adapters import Adapter, LocalNamespace, redis
from ackord.runtime.server import ConnectionStateRecovery, Namespace, Server, Socket

from tests import hosts

ADAPTERS: Final[dict[str, Callable[[str], Callable[[LocalNamespace], Adapter]]]] = {
    "sharded": redis.sharded_redis_adapter,
    "classic": redis.redis_adapter,
    "streams": redis.redis_streams_adapter,
    "recovery": redis.redis_streams_adapter,
}


def make_server(kind: str, url: str, **options: Any) -> Server:
    """Make a server that does to the cluster what its clients say."""
    recovery = ConnectionStateRecovery() if kind == "recovery" else None
    server = Server(adapter=ADAPTERS[kind](url), connection_state_recovery=recovery, **options)
    for name in ("/", "/chat"):
        _serve(server.of(name))
    return server


def _serve(namespace: Namespace) -> None:  # noqa: C901  # a case for each operation
    @namespace.on_server_side("node")
    def node(value: Any) -> dict[str, Any]:
        return {"node": value}

    @namespace.on_server_side("told")
    def told(value: Any) -> None:
        namespace.local.emit("told", "by a server", value)

    async def do(operation: str, target: dict[str, list[str]], *values: Any) -> Any:
        selected: Any = namespace.to(target["rooms"]) if target["rooms"] else namespace
        selected = selected.except_(target["except"])
        match operation:
            case "emit":
                await selected.publish("told", *values)
            case "ask":
                return list(await selected.emit_with_ack("question", *values, timeout=5))
            case "fetch":
                sockets = await selected.fetch_sockets()
                return [
                    {"id": socket.id, "rooms": sorted(socket.rooms), "data": socket.data}
                    for socket in sockets
                ]
            case "join":
                selected.sockets_join(*values)
            case "leave":
                selected.sockets_leave(*values)
            case "disconnect":
                selected.disconnect_sockets(*values)
            case "server_emit":
                namespace.server_side_emit("told", *values)
            case "server_ask":
                return await namespace.server_side_emit_with_ack("node", *values)
            case _:
                raise ValueError(operation)
        return None

    @namespace.on("connection")
    def connected(socket: Socket) -> None:
        name = socket.handshake.auth["name"]
        socket.data = {"name": name}
        socket.join("everybody", name)
        socket.on("do", do)


if __name__ == "__main__":
    chosen = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    hosts.serve(make_server(*sys.argv[1:3]).asgi(), hosts.Hosting.DIRECT, port=chosen)
