"""Run a conformance server as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.hosts import Hosting

ROOT = Path(__file__).parents[2]


@contextmanager
def serving_subprocess(module: str, hosting: Hosting, *arguments: str) -> Generator[str]:
    """Run ``python -m module --hosting HOSTING --port N`` and yield ``127.0.0.1:N`` as soon as it
    listens.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--hosting", hosting, "--port", str(port), *arguments],
        cwd=ROOT,
    )
    try:
        _wait_until_listening(process, port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError as exc:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with status {process.returncode}") from exc
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
