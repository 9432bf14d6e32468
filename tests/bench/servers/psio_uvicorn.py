"""python-socketio on uvicorn."""

from __future__ import annotations

import socketio

from tests.bench.servers.listening import listen, parse
from tests.bench.servers.plain_uvicorn import serve
from tests.bench.servers.psio_application import make_server


def main() -> None:
    """Serve."""
    serve(socketio.ASGIApp(make_server("asgi", parse())), listen())


if __name__ == "__main__":
    main()
