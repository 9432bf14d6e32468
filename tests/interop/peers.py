"""Servers of three implementations that do the same (tests/node/peer_server.mjs says what), each a
process that can be killed and started again on its port.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from tests.node.required import require_node

ROOT: Final = Path(__file__).resolve().parents[2]
PEERS: Final = ("npm", "python-socketio", "ackord")


def listen(arguments: Sequence[str]) -> socket.socket:
    """Listen on the port that a command line names, or a free one; print ``listening PORT``."""
    numbers = [int(argument) for argument in arguments if argument.isdecimal()]
    listening = socket.create_server(("127.0.0.1", *(numbers or [0])), backlog=1024)
    print(f"listening {listening.getsockname()[1]}", flush=True)
    return listening


def _command(peer: str) -> list[str]:
    if peer == "npm":
        return [require_node(), "tests/node/peer_server.mjs"]
    module = {"python-socketio": "peer_socketio", "ackord": "peer_server"}[peer]
    return [sys.executable, "-m", f"tests.interop.{module}"]


class Peer:
    """A server in a process of its own."""

    def __init__(self, peer: str, *options: str) -> None:
        self._command = [*_command(peer), *options]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        """Where it listens, from the first start on."""
        self.noted: list[int] = []
        """The numbers of the events `note` that it handled in the lives that are over."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the port where it listened before."""
        self._process = subprocess.Popen(
            [*self._command, str(self.port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening "), f"{self._command} didn't start"
        self.port = int(line.split()[1])

    def kill(self) -> None:
        """End it as a crash would: it tells its clients nothing."""
        assert self._process is not None
        self._process.kill()
        output, _ = self._process.communicate()
        self.noted += [int(line.split()[1]) for line in output.splitlines()]

    def restart(self) -> None:
        """Kill it and start it on the same port."""
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
