"""The servers that are compared: each a process of its own that prints ``listening PORT``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from tests.bench.servers.listening import Variant
from tests.node.toolchain import find_node

REFERENCE: Final = "node"
"""The system that ratios refer to."""


@dataclass(frozen=True, slots=True)
class System:
    """One way to serve the benchmark's contract."""

    key: str
    """Its name on the command line and in results."""
    title: str
    module: str | None
    """The Python module that serves, below tests/bench/servers; `None` for Node."""

    def command(self, variant: Variant) -> list[str]:
        """Return what starts the server.

        Raises:
            ToolchainError: there is no Node.
        """
        program = (
            [find_node().path, "tests/node/bench_server.mjs"]
            if self.module is None
            else [sys.executable, "-m", self.module]
        )
        return [*program, *variant.arguments()]


SYSTEMS: Final = {
    system.key: system
    for system in (
        System("ackord", "Ackord", "tests.bench.servers.ackord_fast"),
        System("ackord-pure", "Ackord without speedups", "tests.bench.servers.ackord_pure"),
        System("ackord-plain", "Ackord, untyped plain def", "tests.bench.servers.ackord_plain"),
        System("ackord-asgi", "Ackord, plain ASGI", "tests.bench.servers.ackord_asgi"),
        System(
            "psio-uvicorn",
            "python-socketio, uvicorn + pydantic",
            "tests.bench.servers.psio_uvicorn",
        ),
        System(
            "psio-aiohttp",
            "python-socketio, aiohttp + pydantic",
            "tests.bench.servers.psio_aiohttp",
        ),
        System("node", "Node socket.io + zod", None),
        System("raw", "raw websockets, no Socket.IO", "tests.bench.servers.raw_websockets"),
    )
}
