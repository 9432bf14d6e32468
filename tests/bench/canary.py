"""What a loopback exchange costs at this moment.

Virtual machines have two states: for tens of seconds at a time the kernel's part of a `send` that
wakes the other core costs twice or three times as much. The canary is a ping-pong between the two
cores of the benchmark, before each run; runs with different canaries can't be compared.
"""

from __future__ import annotations

import socket
import sys
import time
from types import TracebackType
from typing import Final, Self

from tests.bench.child import Child, only_core
from tests.bench.cores import Cores

EXCHANGES: Final = 400
TIMEOUT: Final = 20.0


class Canary:
    """A peer on the load's core that answers, and a connection to it."""

    def __init__(self, cores: Cores) -> None:
        self._cores = cores
        self._peer = Child(
            "the canary", (sys.executable, "-m", "tests.bench.canary"), core=cores.load
        )
        try:
            port = int(self._peer.line(TIMEOUT))
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        except BaseException:
            self._peer.end()
            raise
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def measure(self) -> float:
        """Return the microseconds of CPU that one `send` and one `recv` cost on the server's
        core.
        """
        with only_core(self._cores.server):
            began = time.thread_time_ns()
            for _ in range(EXCHANGES):
                self._socket.send(b"canary")
                self._socket.recv(64)
            return (time.thread_time_ns() - began) / EXCHANGES / 1000

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        self._peer.end()


def answer() -> None:
    """Be the peer: send back what one connection sends, until it closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(64):
            connection.send(data)


if __name__ == "__main__":
    answer()
