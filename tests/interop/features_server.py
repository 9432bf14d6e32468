"""The server of test_features.py: dynamic namespaces, broadcasts with acknowledgements, middlewares
of events, and a drain on demand.

It prints ``listening PORT``, ends itself when a client asks for it, and prints nothing else.
"""

from __future__ import annotations

import asyncio
import re
import signal
from typing import Any

from ackord.runtime import FailureReply
from ackord.runtime.server import BroadcastTimeoutError, Server, Socket

from tests import hosts


def make_server() -> Server:
    """Make a server that shows what clients see of these features."""
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.use
        async def check(name: str, args: tuple[Any, ...]) -> None:
            if name == "forbidden":
                raise FailureReply("forbidden", "Not for you", {"given": list(args)})

        @socket.on("ask everybody")
        async def ask(seconds: float) -> dict[str, Any]:
            try:
                answers = await server.timeout(seconds).emit_with_ack("question", b"\x01\x02")
                timed_out = False
            except BroadcastTimeoutError as error:
                answers, timed_out = error.answers, True
            return {
                "by_sid": dict(answers.by_sid),
                "missing": sorted(answers.missing),
                "timed_out": timed_out,
            }

        @socket.on("slow")
        async def slow() -> str:
            socket.emit("slow begins")
            await asyncio.sleep(0.5)
            return "done"

    @server.of(re.compile(r"/dynamic-(?P<number>\d+)")).on("connection")
    def joined(socket: Socket) -> None:
        socket.namespace.emit("joined", socket.namespace.name, dict(socket.namespace.params))

    @server.of
    async def games(name: str, auth: dict[str, Any]) -> bool:
        await asyncio.sleep(0.01)
        return name.startswith("/game-") and auth.get("token") == "secret"

    games.on("connection", lambda socket: socket.emit("welcome"))
    return server


async def main(hosting: hosts.Hosting) -> None:
    """Serve until a client asks for a drain."""
    server = make_server()
    # A handler finishes its work meanwhile, on a busy machine too.
    host = hosts.host(server.asgi(), hosting, graceful_timeout=4, port=0)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("stop")
        def stop() -> None:
            signal.raise_signal(signal.SIGTERM)

    serving = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(f"listening {host.servers[0].sockets[0].getsockname()[1]}", flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(hosts.of_command_line(__doc__)))
