"""The server of the differential test, as tests/node/differential_server.mjs is with npm's
socket.io.

It prints ``listening PORT``, then a line of JSON for each thing that handlers see: [label of the
connection, namespace, what, …].
"""

from __future__ import annotations

import json
from typing import Any

from ackord.runtime.server import RefusalReply, Server, Socket

from tests import hosts


def make_server() -> Server:
    """Make a server that does what plain Socket.IO does where the protocol leaves it to the
    application: no error acknowledgements.
    """
    server = Server(ping_interval=60, ping_timeout=60, error_replies=False)
    for name in ("/", "/custom", "/closed"):
        server.of(name).on("connection", _serve)

    @server.of("/closed").use
    async def refuse(socket: Socket) -> None:
        raise RefusalReply("closed", {"code": 7})

    return server


def _serve(socket: Socket) -> None:
    name = socket.namespace.name

    def log(*items: Any) -> None:
        print(
            json.dumps([socket.handshake.query["label"], name, *items], default=_plain), flush=True
        )

    def seen(event: str, *values: Any) -> None:
        log("event", event, values)

    def disconnected(reason: str) -> None:
        log("disconnect", reason)

    def leave(*values: Any) -> None:
        socket.disconnect()

    def kill(*values: Any) -> None:
        socket.disconnect(close=True)

    log("connection", socket.handshake.auth)
    socket.on_any(seen)
    socket.on("disconnect", disconnected)
    socket.on("leave", leave)
    socket.on("kill", kill)

    @socket.on("echo")
    def echo(*values: Any) -> tuple[Any, ...]:
        socket.emit("back", *values)
        return values


def _plain(value: bytes) -> dict[str, str]:
    return {"bytes": value.hex()}


def main() -> None:
    """Serve on a free port until terminated."""
    hosts.serve(make_server().asgi(), hosts.of_command_line(__doc__))


if __name__ == "__main__":
    main()
