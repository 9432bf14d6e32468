"""The adapters that the contract suite runs over, and servers with clients on each of them."""

from __future__ import annotations

import asyncio
import atexit
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import pytest
from ackord.runtime.adapters import Adapter, LocalBus, LocalNamespace, MemoryAdapter, redis
from ackord.runtime.adapters.broker.broker import Broker
from ackord.runtime.adapters.broker.channels import BrokerChannels
from ackord.runtime.adapters.cluster.bus import ChannelBus
from ackord.runtime.server import Namespace, Server
from ackord.runtime.testing import RawPeer, run

from tests.redis import RedisServer, serving_redis
from tests.runtime.server.stage import Stage

Make: TypeAlias = Callable[[LocalNamespace], Adapter]
ATTEMPTS: Final = 200
PAUSE: Final = 0.02
LATE: Final = 0.4
"""Seconds after which an answer is late."""

_prefixes = count()


@cache
def redis_server() -> RedisServer:
    """Start a Redis for all tests of this process; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(serving_redis())


def _on_redis(name: str) -> Generator[Callable[[], Make]]:
    url, prefix = redis_server().url, f"test-{next(_prefixes)}"
    if name == "classic":
        yield lambda: redis.redis_adapter(url, key=prefix)
    elif name == "sharded":
        yield lambda: redis.sharded_redis_adapter(url, channel_prefix=prefix)
    else:
        yield lambda: redis.redis_streams_adapter(
            url, stream_name=prefix, channel_prefix=prefix, session_key_prefix=f"{prefix}:"
        )


def _on_broker() -> Generator[Callable[[], Make]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "broker")
        broker = Broker(asyncio.get_running_loop(), path)
        try:
            yield lambda: ChannelBus(BrokerChannels(path)).make_adapter
        finally:
            broker.close()


def _on_local_bus() -> Generator[Callable[[], Make]]:
    bus = LocalBus()
    yield lambda: bus.make_adapter


def _on_memory() -> Generator[Callable[[], Make]]:
    yield lambda: MemoryAdapter


@dataclass(frozen=True)
class Way:
    """One kind of adapter."""

    open: Callable[[], Generator[Callable[[], Make]]]
    """Gives what makes the option `adapter` of each server, in the event loop."""
    servers: int = 2
    is_real: bool = True
    """Whether it needs a network, and so real time."""


WAYS: Final = {
    "one server": Way(_on_memory, servers=1, is_real=False),
    "local bus": Way(_on_local_bus, is_real=False),
    "broker": Way(_on_broker),
    **{name: Way(partial(_on_redis, name)) for name in ("classic", "sharded", "streams")},
}


def parameters(*, least: int = 1, but: str = "") -> list[Any]:
    """Return the parameters of a fixture or test: the ways with at least so many servers."""
    return [
        pytest.param(name, marks=[pytest.mark.outside] if way.is_real else [], id=name)
        for name, way in WAYS.items()
        if way.servers >= least and name != but
    ]


class World:
    """Four clients, "a" to "d", which join the servers in turn; the sockets of "a" and "b" are in
    the room "red", and "b" is in "blue" too.
    """

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.peers: dict[str, RawPeer] = {}
        self.sids: dict[str, str] = {}
        self._heard: dict[str, deque[str | bytes]] = {}
        self._marks = count()

    @property
    def here(self) -> Namespace:
        """The namespace of the first server, where "a" is."""
        return self.servers[0].main

    async def enter(self) -> None:
        for number, name in enumerate("abcd"):
            server = self.servers[number % len(self.servers)]
            self.peers[name], answer = await Stage(server).join()
            self._heard[name] = deque()
            self.sids[name] = answer.partition('"')[0]  # with recovery a "pid" follows
            server.main.sockets[self.sids[name]].data = name
            if name in "ab":
                server.main.sockets[self.sids[name]].join("red")
        self.here.to(self.sids["b"]).sockets_join("blue")
        for room, name in (
            ("blue", "b"),
            ("red", "b"),
            *((self.sids[name], name) for name in "bd"),
        ):
            await eventually(partial(self._hears, room, name))

    async def _hears(self, room: str, name: str) -> bool:
        self.here.to(room).emit("probe")
        return name in await self.received()

    async def settle(self) -> None:
        """Wait until what the first server has sent has arrived: a mark comes behind it."""
        mark = f'42["mark",{next(self._marks)}'
        await self.here.publish("mark", int(mark.rpartition(",")[2]))
        for name in tuple(self.peers):
            while name in self.peers:
                packet = await self.peers[name].receive()
                if isinstance(packet, str) and packet.startswith((f"{mark},", f"{mark}]")):
                    break
                self._heard[name].append(packet)
                if packet == "41":
                    del self.peers[name]

    async def next(self, name: str) -> str | bytes:
        """Return the next packet of a client."""
        if self._heard[name]:
            return self._heard[name].popleft()
        return await self.peers[name].receive()

    async def received(self) -> dict[str, str | bytes]:
        """Return the packet that each client got, of those that got one."""
        await self.settle()
        return {name: heard.popleft() for name, heard in self._heard.items() if heard}

    async def answer(self, name: str, answers: str) -> None:
        """Acknowledge the event "x"."""
        packet = str(await self.next(name))
        ack_id = packet.removeprefix("42").removesuffix('["x"]')
        await self.peers[name].send(f"43{ack_id}{answers}")

    async def rooms(self) -> dict[str, set[str]]:
        """Return the rooms of each client, without that of its own id, as the first server tells
        them.
        """
        await self.settle()
        sockets = await self.here.fetch_sockets()
        return {socket.data: set(socket.rooms - {socket.id}) for socket in sockets}


async def eventually(is_so: Callable[[], Awaitable[bool] | bool]) -> None:
    """Try until something is so."""
    for _ in range(ATTEMPTS):
        answer = is_so()
        if answer if isinstance(answer, bool) else await answer:
            return
        await asyncio.sleep(PAUSE)
    pytest.fail("it never was so")


Play: TypeAlias = Callable[[Callable[[World], Awaitable[None]]], None]


def play_servers(
    name: str, scenario: Callable[[list[Server]], Awaitable[None]], **options: Any
) -> None:
    """Run a scenario with the servers of one way, before they start."""
    way = WAYS[name]

    async def main() -> None:
        with contextmanager(way.open)() as make_adapter:
            await scenario([Server(adapter=make_adapter(), **options) for _ in range(way.servers)])

    if way.is_real:
        asyncio.run(asyncio.wait_for(main(), 60))
    else:
        run(main())


def play_on(name: str, **options: Any) -> Play:
    """Return what runs a scenario with four clients on the servers of one way."""

    def play(scenario: Callable[[World], Awaitable[None]]) -> None:
        async def enter(servers: list[Server]) -> None:
            for server in servers:
                server.on("connection", lambda socket: socket.on("x", print))
                server.main.on_server_side("count", lambda server=server: len(server.main.sockets))
            async with AsyncExitStack() as stack:
                for server in servers:
                    await stack.enter_async_context(server.lifespan())
                world = World(servers)
                await world.enter()
                await scenario(world)

        play_servers(name, enter, **options)

    return play
