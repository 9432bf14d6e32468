"""The same generated server as an ASGI application on plain uvicorn."""

from __future__ import annotations

from tests.bench.servers.application import make_server
from tests.bench.servers.listening import listen, parse
from tests.bench.servers.plain_uvicorn import serve


def main() -> None:
    """Serve."""
    serve(make_server(parse()).asgi(), listen())


if __name__ == "__main__":
    main()
