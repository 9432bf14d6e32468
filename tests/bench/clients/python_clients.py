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

    async def disconnect(self) -> None:
        """Leave it."""

    async def echo(self) -> bool:
        """Have the item echoed; tell whether the answer is right."""
        ...

    async def tell(self, name: str, value: Any) -> None:
        """Send an event."""

    def listen(self, heard: Callable[[], None], connected: Callable[[], None]) -> None:
        """Call these for each broadcast and each connection."""


class AckordClient:
    """A client of this project, with its defaults."""

    def __init__(self, url: str) -> None:
        from ackord.runtime.client import Manager  # noqa: PLC0415  # only what is measured

        self._socket = Manager(url, reconnection_delay=0.5, randomization_factor=0.9).socket()
        self.connect = self._socket.connect
        self.disconnect = self._socket.disconnect

    async def echo(self) -> bool:
        """Have the item echoed; tell whether the answer is right."""
        return bool(await self._socket.emit_with_ack("echo", ITEM) == ITEM)

    async def tell(self, name: str, value: Any) -> None:
        """Send an event."""
        self._socket.emit(name, value)

    def listen(self, heard: Callable[[], None], connected: Callable[[], None]) -> None:
        """Call these for each broadcast and each connection."""

        def shouted(_: Any) -> None:
            heard()

        self._socket.on("shouted", shouted)
        self._socket.on("connect", connected)


class GeneratedClient:
    """The generated client of bench.yaml, which validates all that it sends and receives."""

    def __init__(self, url: str) -> None:
        from ackord.runtime.client import Manager  # noqa: PLC0415  # only what is measured

        from tests.bench.contract import BenchClient, Item  # noqa: PLC0415

        manager = Manager(url, reconnection_delay=0.5, randomization_factor=0.9)
        self._client = BenchClient(manager)
        self._item = Item(id=7, text="x" * 60, tags=["one", "two"])
        self.connect = self._client.connect
        self.disconnect = self._client.disconnect

    async def echo(self) -> bool:
        """Have the item echoed; tell whether the answer is right."""
        return await self._client.echo(self._item) == self._item

    async def tell(self, name: str, value: Any) -> None:
        """Send an event, which the contract may not have."""
        self._client.socket.emit(name, value)

    def listen(self, heard: Callable[[], None], connected: Callable[[], None]) -> None:
        """Call these for each broadcast and each connection."""

        @self._client.on_shouted
        async def shouted(_: Any) -> None:
            heard()

        self._client.on_connect(connected)


class SocketioClient:
    """A client of python-socketio, over WebSocket as the other ones."""

    def __init__(self, url: str) -> None:
        import socketio  # noqa: PLC0415  # only what is measured

        module: Any = socketio
        self._url = url
        self._client = module.AsyncClient(reconnection_delay=0.5, randomization_factor=0.45)
        self.disconnect = self._client.disconnect
        self.tell = self._client.emit

    async def connect(self) -> None:
        """Join the main namespace."""
        await self._client.connect(self._url, transports=["websocket"])

    async def echo(self) -> bool:
        """Have the item echoed; tell whether the answer is right."""
        return bool(await self._client.call("echo", ITEM) == ITEM)

    def listen(self, heard: Callable[[], None], connected: Callable[[], None]) -> None:
        """Call these for each broadcast and each connection."""

        def shouted(_: Any) -> None:
            heard()

        self._client.on("shouted", shouted)
        self._client.on("connect", connected)


class Load:
    """Clients, and what they are told to do."""

    def __init__(self, make: Callable[[str], Client], port: int, count: int) -> None:
        url = f"http://127.0.0.1:{port}"
        self._first = make(url)
        self._clients = [make(url) for _ in range(count)]
        self._waited = 0
        self._all = asyncio.Event()
        for client in self._clients:
            client.listen(self._one, self._one)

    async def warm(self, _: int) -> int:
        """Have one more client import and build what clients share."""
        await self._first.connect()
        await self._first.echo()
        await self._first.disconnect()
        return 1

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
                if not await client.echo():
                    raise AssertionError("a wrong answer")

        await asyncio.gather(*map(call, self._clients))
        return len(self._clients) * rounds

    async def broadcast(self, rounds: int) -> int:
        """Let the server send an event to all clients so often, each when all have the one before
        it.
        """
        for _ in range(rounds):
            self._wait_for_all()
            await self._clients[0].tell("shout", ITEM)
            await self._all.wait()
        return len(self._clients) * rounds

    async def reconnect(self, _: int) -> int:
        """Let the server end all connections, and wait until all clients are there again."""
        self._wait_for_all()
        await self._clients[0].tell("drop", None)
        await self._all.wait()
        return len(self._clients)

    def _wait_for_all(self) -> None:
        self._waited = len(self._clients)
        self._all.clear()

    def _one(self) -> None:
        self._waited -= 1
        if not self._waited:
            self._all.set()


async def main() -> None:
    library, port, count = sys.argv[1].split("-")[0], int(sys.argv[2]), int(sys.argv[3])
    makers: dict[str, Callable[[str], Client]] = {
        "ackord": AckordClient,
        "generated": GeneratedClient,
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
