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
SYSTEMS: Final = {
    "direct": "Ackord, server.run()",
    "asgi": "Ackord, plain uvicorn",
    NODE: "Node socket.io",
}
"""The servers that are attacked, by their names on the command line."""
START: Final = 60.0
"""Seconds in which a server must listen."""
_HOSTINGS: Final = {"direct": "direct", "asgi": "plain"}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Target:
    """A running server."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._memory = 0.0, 0.0
        self._cpu = 0.0
        self.port = int(child.line(START).removeprefix("listening "))

    @property
    def is_alive(self) -> bool:
        return self._child.is_alive

    def memory(self) -> tuple[float, float]:
        """Return megabytes that are in memory, and the most that ever were; of a server that has
        ended, what was seen last.
        """
        if self.is_alive:
            found = {"VmRSS": 0.0, "VmHWM": 0.0}
            for line in self._read("status").splitlines():
                name, _, value = line.partition(":")
                if name in found:
                    found[name] = int(value.split()[0]) / 1024
            if found["VmRSS"]:  # else it is ending
                self._memory = found["VmRSS"], found["VmHWM"]
        return self._memory

    def cpu(self) -> float:
        """Return seconds of CPU that were used; of a server that has ended, what was seen last."""
        if self.is_alive:
            fields = self._read("stat").rpartition(")")[2].split()
            self._cpu = (int(fields[11]) + int(fields[12])) / _TICKS
        return self._cpu

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self._child.pid}/{name}").read_text(encoding="ascii")

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
        command = [
            sys.executable,
            "-m",
            "tests.attack.server",
            "--hosting",
            _HOSTINGS[system],
            *options,
        ]
    child = Child(SYSTEMS[system], command)
    try:
        yield Target(child)
    finally:
        child.end()
