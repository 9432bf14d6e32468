"""python-socketio on aiohttp."""

from __future__ import annotations

import uvloop
from aiohttp import web

from tests.bench.servers.listening import BACKLOG, listen, parse
from tests.bench.servers.psio_application import make_server


def main() -> None:
    """Serve."""
    app = web.Application()
    make_server("aiohttp", parse()).attach(app)
    web.run_app(
        app,
        sock=listen(),
        backlog=BACKLOG,
        print=None,
        access_log=None,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
