"""The one place that decides how the servers of the suites are hosted: each suite runs with
each way of hosting.

There is nothing to choose for a Python client that talks to npm's server: those suites run once.
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, assert_never

import uvicorn
from ackord.runtime.asgi_types import Application
from ackord.runtime.hosting import configure
from ackord.runtime.hosting.asgi import AsgiApp


class Hosting(StrEnum):
    """A way from the network to the engine."""

    DIRECT = "direct"
    """What `server.run()` does: frames, and requests of long-polling, go past ASGI."""
    ASGI = "asgi"
    """The same host, but everything goes through ASGI."""
    PLAIN = "plain"
    """``uvicorn app:app``: no class of ours between uvicorn and the application, and none of our
    settings.
    """


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let a command line say how the server is hosted."""
    parser.add_argument(
        "--hosting",
        type=Hosting,
        choices=list(Hosting),
        default=Hosting.DIRECT,
        help="(default: %(default)s)",
    )


def of_command_line(description: str | None, arguments: Sequence[str] | None = None) -> Hosting:
    """Return the way of hosting that a command line names, which takes no other option."""
    parser = argparse.ArgumentParser(description=description)
    add_option(parser)
    hosting: Hosting = parser.parse_args(arguments).hosting
    return hosting


def host(
    app: AsgiApp,
    hosting: Hosting,
    *,
    application: Application | None = None,
    graceful_timeout: int = 1,
    **settings: Any,
) -> uvicorn.Server:
    """Make a server that isn't running yet, hosted in this way; `application` is what uvicorn calls
    if the engine's is mounted in it.
    """
    match hosting:
        case Hosting.DIRECT | Hosting.ASGI:
            return configure(
                app,
                application=application,
                direct=hosting is Hosting.DIRECT,
                graceful_timeout=graceful_timeout,
                **settings,
            )
        case Hosting.PLAIN:
            called: Any = application or app  # uvicorn types each kind of message
            own: dict[str, Any] = {
                "ws": "websockets-sansio",
                "timeout_graceful_shutdown": graceful_timeout,
                "log_level": "warning",
                "access_log": False,
                **settings,
            }
            config = uvicorn.Config(called, **own)
            return uvicorn.Server(config)
        case _:
            assert_never(hosting)


def serve(
    app: AsgiApp, hosting: Hosting, *, application: Application | None = None, port: int = 0
) -> None:
    """Listen on a port, or on a free one, print ``listening PORT``, and serve until terminated."""
    listener = socket.create_server(("127.0.0.1", port))
    print(f"listening {listener.getsockname()[1]}", flush=True)
    host(app, hosting, application=application).run(sockets=[listener])
