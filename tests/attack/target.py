"""A server that is attacked: a process of its own, its memory, its processor time and its log."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench.child import Child
from tests.bench.files import allow_many
from tests.node.toolchain import find_node

NODE: Final = "node"
SYSTEMS: Final = {"direct": "Ackord, server.run()", "asgi": "Ackord, plain uvicorn", NODE: "Node socket.io"}
"""The servers that are attacked, by their names on the command line."""
START: Final = 60.0
"""Seconds in which a server must listen."""
_LANES: Final = {"direct": "fast", "asgi": "plain"}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Target:
    """A running server."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.port = int(child.line(START).removeprefix("listening "))

    @property
    def is_alive(self) -> bool:
        return self._child.is_alive

    def memory(self) -> tuple[float, float]:
        """Return megabytes that are in memory, and the most that ever were."""
        found = {"VmRSS": 0.0, "VmHWM": 0.0}
        for line in Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0]) / 1024
        return found["VmRSS"], found["VmHWM"]

    def cpu(self) -> float:
        """Return seconds of CPU that were used."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def log(self) -> bytes:
        """Return all that was written to standard error."""
        return self._child.output()


@contextmanager
def serving(system: str, options: Sequence[str]) -> Generator[Target]:
    """Run a server; `options` are those of tests/attack/server.py.

    Raises:
        ChildError: it doesn't start.
        ToolchainError: there is no Node.
    """
    allow_many()
    if system == NODE:
        command = [find_node().path, "tests/node/attack_server.mjs", *options]
    else:
        command = [sys.executable, "-m", "tests.attack.server", "--lane", _LANES[system], *options]
    child = Child(SYSTEMS[system], command)
    try:
        yield Target(child)
    finally:
        child.end()
