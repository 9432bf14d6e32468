"""The one place that decides how the servers of the suites are hosted: each suite runs on every
lane.

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


class Lane(StrEnum):
    """A way from the network to the engine."""

    FAST = "fast"
    """What `server.run()` does: frames, and requests of long-polling, go past ASGI."""
    ASGI = "asgi"
    """The same host, but everything goes through ASGI."""
    PLAIN = "plain"
    """``uvicorn app:app``: no class of ours between uvicorn and the application, and none of our
    settings.
    """


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let a command line name the lane."""
    parser.add_argument(
        "--lane", type=Lane, choices=list(Lane), default=Lane.FAST, help="(default: %(default)s)"
    )


def of_command_line(description: str | None, arguments: Sequence[str] | None = None) -> Lane:
    """Return the lane that a command line names which names nothing else."""
    parser = argparse.ArgumentParser(description=description)
    add_option(parser)
    lane: Lane = parser.parse_args(arguments).lane
    return lane


def host(
    app: AsgiApp, lane: Lane, *, application: Application | None = None, **settings: Any
) -> uvicorn.Server:
    """Make a server of `lane` that isn't running yet; `application` is what uvicorn calls if the
    engine's is mounted in it.
    """
    match lane:
        case Lane.FAST | Lane.ASGI:
            return configure(
                app,
                application=application,
                direct=lane is Lane.FAST,
                graceful_timeout=1,
                **settings,
            )
        case Lane.PLAIN:
            called: Any = application or app  # uvicorn types each kind of message
            own: dict[str, Any] = {
                "ws": "websockets-sansio",
                "timeout_graceful_shutdown": 1,
                "log_level": "warning",
                "access_log": False,
                **settings,
            }
            config = uvicorn.Config(called, **own)
            return uvicorn.Server(config)
        case _:
            assert_never(lane)


def serve(app: AsgiApp, lane: Lane, *, application: Application | None = None) -> None:
    """Listen on a free port, print ``listening PORT``, and serve until terminated."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening {listener.getsockname()[1]}", flush=True)
    host(app, lane, application=application).run(sockets=[listener])
