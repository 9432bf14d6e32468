"""Where the Python servers listen, and how their command line is read."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BACKLOG: Final = 1024
"""Connections that wait to be accepted; the same for every system."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What is served: bench.yaml in the namespace ``/``, or something larger, to see how cost
    grows.
    """

    events: int = 0
    """If not 0, so many events that are echoed, ``echo_0`` and up, instead of those of bench.yaml.
    """
    namespaces: int = 0
    """If not 0, so many namespaces, ``/n0`` and up, that echo, instead of ``/``."""
    room: bool = False
    """Whether a shout goes to the room that was joined last instead of to everybody."""

    @property
    def is_grown(self) -> bool:
        """Whether something else than bench.yaml is served."""
        return bool(self.events or self.namespaces)

    @property
    def paths(self) -> list[str]:
        """The namespaces."""
        return [f"/n{number}" for number in range(self.namespaces)] or ["/"]

    @property
    def echoes(self) -> list[str]:
        """The events that are echoed."""
        return [f"echo_{number}" for number in range(self.events)] or ["echo"]

    def arguments(self) -> tuple[str, ...]:
        """Return the command line that `parse` reads."""
        numbers = (
            f"--{name}={getattr(self, name)}"
            for name in ("events", "namespaces")
            if getattr(self, name)
        )
        return (*numbers, *(("--room",) if self.room else ()))


def parse(arguments: Sequence[str] | None = None) -> Variant:
    """Read the command line of a server."""
    parser = argparse.ArgumentParser(
        description="Serve the benchmark's events on a free port, which is printed."
    )
    parser.add_argument(
        "--events", type=int, default=0, help="events that are echoed, echo_0 and up"
    )
    parser.add_argument("--namespaces", type=int, default=0, help="namespaces, /n0 and up")
    parser.add_argument("--room", action="store_true", help="let shouts go to the last room")
    return Variant(**vars(parser.parse_args(arguments)))


def listen() -> socket.socket:
    """Listen on a free port of 127.0.0.1 and print ``listening PORT``."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    return listener
