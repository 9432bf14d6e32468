"""The server that the matrix of clients talks to: ``python -m tests.interop.matrix_server
[--msgpack] [--recovery]``.
"""

from __future__ import annotations

import argparse
from typing import Any

from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import RefusalReply, Server, Socket

from tests import hosts

MAX_PAYLOAD = 4_000_000
"""Bytes: a megabyte in base64 fits."""


def make_server(*, msgpack: bool = False, recovery: bool = False) -> Server:
    """Make a server whose namespaces do the same and are told apart by what they answer."""
    server = Server(
        max_payload=MAX_PAYLOAD,
        ping_interval=5,
        ping_timeout=5,
        parser=MsgpackParser() if msgpack else TEXT_PARSER,
        connection_state_recovery=ConnectionStateRecovery() if recovery else None,
    )
    for name in ("/", "/second", "/third", "/private"):
        _serve(server, name)

    @server.of("/private").use
    async def only_who_knows_the_word(socket: Socket) -> None:
        if socket.handshake.auth.get("word") != "sesame":
            raise RefusalReply("not welcome", {"code": 42, "hint": ["a word", None]})

    return server


def _serve(server: Server, name: str) -> None:
    namespace = server.of(name)

    @namespace.on("connection")
    def connected(socket: Socket) -> None:
        async def ask(*values: Any) -> Any:
            return {"you said": await socket.emit_with_ack("question", *values, timeout=5)}

        def echo(*values: Any) -> tuple[Any, ...]:
            return values

        def tell(*values: Any) -> None:
            socket.emit("told", name, *values)

        def who() -> dict[str, Any]:
            return {
                "namespace": name,
                "auth": socket.handshake.auth,
                "transport": socket.conn.transport,
                "rooms": len(socket.rooms),
            }

        def join(room: str) -> None:
            socket.join(room)

        def publish(room: str, *values: Any) -> None:
            namespace.to(room).emit("news", *values)

        for handler in (ask, echo, tell, who, join, publish):
            socket.on(handler.__name__, handler)


def main() -> None:
    """Serve on a free port until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--msgpack", action="store_true", help="speak socket.io-msgpack-parser's encoding"
    )
    parser.add_argument(
        "--recovery", action="store_true", help="keep the state of connections that were cut"
    )
    hosts.add_option(parser)
    arguments = parser.parse_args()
    hosts.serve(
        make_server(msgpack=arguments.msgpack, recovery=arguments.recovery).asgi(),
        arguments.hosting,
    )


if __name__ == "__main__":
    main()
