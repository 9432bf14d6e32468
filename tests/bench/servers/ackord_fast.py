"""The generated server hosted as `Server.run` hosts it, with its default
settings.
"""

from __future__ import annotations

from ackord.runtime.hosting import configure

from tests.bench.servers.application import make_server
from tests.bench.servers.listening import listen, parse


def main() -> None:
    """Serve."""
    configure(make_server(parse()).asgi()).run(sockets=[listen()])


if __name__ == "__main__":
    main()
