"""Ports of this machine: one that is free, and one that a process will listen on."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest

ATTEMPTS: Final = 500


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def await_port(port: int, process: subprocess.Popen[Any], said: Path) -> None:
    """Wait until a process listens; fail with what it has written to `said` if it ends before."""
    for _ in range(ATTEMPTS):
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.fail(f"{process.args!r} doesn't listen:\n{said.read_text(encoding='utf-8')}")
