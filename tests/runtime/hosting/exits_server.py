"""A server whose handlers do what Ctrl-C does: ``python -m tests.runtime.hosting.exits_server
--hosting HOSTING --loop LOOP``.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from socket import create_server

from ackord.runtime.server import Server, Socket

from tests import hosts


def tell(reason: str) -> None:
    print("disconnect", reason, flush=True)


def make_server() -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def plain() -> None:
            raise KeyboardInterrupt

        async def later() -> None:
            await asyncio.sleep(0)
            raise KeyboardInterrupt

        for handler in (plain, later):
            socket.on(handler.__name__, handler)
        socket.on("signal", lambda: signal.raise_signal(signal.SIGINT))
        socket.on("disconnect", tell)

    return server


def main() -> None:
    """Serve on a free port until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    hosts.add_option(parser)
    parser.add_argument("--loop", required=True)
    options = parser.parse_args()
    with create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        try:
            hosts.host(make_server().asgi(), options.hosting, loop=options.loop).run(
                sockets=[listener]
            )
        except KeyboardInterrupt:
            print("interrupted", flush=True)


if __name__ == "__main__":
    main()
