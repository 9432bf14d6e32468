"""A redis-server for tests."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.ports import ATTEMPTS, await_port, free_port


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
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers: it may have to read its data first."""
        command = [require_redis(), "--port", str(self.port), "--bind", "127.0.0.1"]
        said = self._folder / "said"
        with said.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *self._options], cwd=self._folder, stdout=output, stderr=output
            )
        await_port(self.port, self.process, said)
        for _ in range(ATTEMPTS):
            if self.call("PING").startswith(b"+PONG"):
                return
            time.sleep(0.02)
        pytest.fail(f"redis-server doesn't answer:\n{said.read_text(encoding='utf-8')}")

    def call(self, *words: str) -> bytes:
        """Send a command; return the reply as it comes, which is short."""
        command = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"*{len(words)}\r\n{command}".encode())
            return connection.recv(10_000)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, with a signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None


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


@contextmanager
def serving_shards(count: int = 3) -> Generator[list[RedisServer]]:
    """Run a Redis Cluster, whose shards have about as many slots each, in their order; at the end
    of the list there is one more without slots.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        shards: list[RedisServer] = []
        for number in range(count + 1):
            home = Path(folder) / str(number)
            home.mkdir()
            bus = free_port()
            options = ("--cluster-enabled", "yes", "--cluster-port", str(bus))
            shard = RedisServer(home, "--save", "", "--repl-diskless-sync-delay", "0", *options)
            shard.start()
            stack.callback(shard.stop)
            shards.append(shard)
            # Else two of them may have one epoch, and claim the same slots.
            shard.call("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
            if number < count:
                first, last = (16384 * part // count for part in (number, number + 1))
                shard.call("CLUSTER", "ADDSLOTSRANGE", str(first), str(last - 1))
            shards[0].call("CLUSTER", "MEET", "127.0.0.1", str(shard.port), str(bus))
        for _ in range(ATTEMPTS):
            if all(b"cluster_state:ok" in shard.call("CLUSTER", "INFO") for shard in shards):
                break
            time.sleep(0.05)
        else:
            pytest.fail("the shards don't become a cluster")
        yield shards
