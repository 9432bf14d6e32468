"""A redis-server for tests."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

ATTEMPTS = 500


def require_redis() -> str:
    """Return the path of redis-server, or skip with how to get it."""
    path = shutil.which("redis-server") or shutil.which("redis-server", path="/usr/sbin")
    if path is None:
        pytest.skip("redis-server was not found; on Debian and Ubuntu: apt install redis-server")
    return path


class RedisServer:
    """A redis-server on a port of its own, which can be stopped and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [require_redis(), "--port", str(self.port), "--bind", "127.0.0.1", *self._options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(ATTEMPTS):
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(100).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        pytest.fail("redis-server does not answer")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def serving_redis(*options: str) -> Generator[RedisServer]:
    """Run a redis-server that keeps nothing on disk, unless `options` say so."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), *(options or ("--save", "")))
        server.start()
        try:
            yield server
        finally:
            server.stop()
