"""Clients in one Python process, told what to do line by line: ``python -m
tests.bench.clients.python_clients LIBRARY PORT CLIENTS``; tests/node/bench_clients.mjs does the
same.

Each line on the standard input is a command and a number of rounds; it is answered by a line
"done COUNT SECONDS".
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import uvloop

ITEM: Final = {"id": 7, "text": "x" * 60, "tags": ["one", "two"]}
PARALLEL: Final = 50
"""Clients that connect at a time."""


class Client(Protocol):
    """What is needed of a client of either library."""

    async def connect(self) -> None:
        """Join the main namespace."""

    async def call(self, name: str, value: Any) -> Any:
        """Send an event, and return its acknowledgement."""

    async def emit(self, name: str, value: Any) -> None:
        """Send an event."""

    def on(self, name: str, listener: Callable[..., Any]) -> None:
        """Call `listener` for each event of a name."""


class AckordClient:
    """A client of this project, with its defaults."""

    def __init__(self, url: str) -> None:
        from ackord.runtime.client import Manager  # noqa: PLC0415  # only what is measured

        self._socket = Manager(url, reconnection_delay=0.5, randomization_factor=0.9).socket()
        self.connect = self._socket.connect

    async def call(self, name: str, value: Any) -> Any:
        """Send an event, and return its acknowledgement."""
        return await self._socket.emit_with_ack(name, value)

    async def emit(self, name: str, value: Any) -> None:
        """Send an event."""
        self._socket.emit(name, value)

    def on(self, name: str, listener: Callable[..., Any]) -> None:
        """Call `listener` for each event of a name."""
        self._socket.on(name, listener)


class SocketioClient:
    """A client of python-socketio, over WebSocket as the other ones."""

    def __init__(self, url: str) -> None:
        import socketio  # noqa: PLC0415  # only what is measured

        module: Any = socketio
        self._url = url
        self._client = module.AsyncClient(reconnection_delay=0.5, randomization_factor=0.45)
        self.call = self._client.call
        self.emit = self._client.emit
        self.on = self._client.on

    async def connect(self) -> None:
        """Join the main namespace."""
        await self._client.connect(self._url, transports=["websocket"])


class Load:
    """Clients, and what they are told to do."""

    def __init__(self, make: Callable[[str], Client], port: int, count: int) -> None:
        self._clients = [make(f"http://127.0.0.1:{port}") for _ in range(count)]
        self._waited = 0
        self._all = asyncio.Event()
        for client in self._clients:
            client.on("shouted", self._heard)
            client.on("connect", self._came_back)

    async def connect(self, _: int) -> int:
        """Connect all clients."""
        turns = iter(self._clients)

        async def one_after_the_other() -> None:
            for client in turns:
                await client.connect()

        await asyncio.gather(*(one_after_the_other() for _ in range(PARALLEL)))
        return len(self._clients)

    async def echo(self, rounds: int) -> int:
        """Let each client send an event so often and wait for its acknowledgement."""

        async def call(client: Client) -> None:
            for _ in range(rounds):
                if await client.call("echo", ITEM) != ITEM:
                    raise AssertionError("a wrong answer")

        await asyncio.gather(*map(call, self._clients))
        return len(self._clients) * rounds

    async def broadcast(self, rounds: int) -> int:
        """Let the server send an event to all clients so often, each when all have the one before
        it.
        """
        for _ in range(rounds):
            self._wait_for_all()
            await self._clients[0].emit("shout", ITEM)
            await self._all.wait()
        return len(self._clients) * rounds

    async def reconnect(self, _: int) -> int:
        """Let the server end all connections, and wait until all clients are there again."""
        self._wait_for_all()
        await self._clients[0].emit("drop", None)
        await self._all.wait()
        return len(self._clients)

    def _wait_for_all(self) -> None:
        self._waited = len(self._clients)
        self._all.clear()

    def _heard(self, _: Any) -> None:
        self._came_back()

    def _came_back(self) -> None:
        self._waited -= 1
        if not self._waited:
            self._all.set()


async def main() -> None:
    library, port, count = sys.argv[1].split("-")[0], int(sys.argv[2]), int(sys.argv[3])
    makers: dict[str, Callable[[str], Client]] = {
        "ackord": AckordClient,
        "psio": SocketioClient,
    }
    load = Load(makers[library], port, count)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        command, rounds = line.split()
        began = time.perf_counter()
        done = await getattr(load, command)(int(rounds))
        print(f"done {done} {time.perf_counter() - began}", flush=True)
    sys.stdout.flush()


if __name__ == "__main__":
    make_loop = uvloop.new_event_loop if sys.argv[1].endswith("-uvloop") else None
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(main())
