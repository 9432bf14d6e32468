"""Servers of Ackord and of Node on the three shards of a Redis Cluster."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any, Final

import pytest
from ackord.runtime.adapters.redis import sharded_redis_adapter
from ackord.runtime.adapters.redis.library import slot_of
from ackord.runtime.server import Server
from ackord.runtime.testing import RawPeer

from tests.interop.cluster.test_operations import (
    EVERYBODY,
    NAMES,
    PUBLISHERS,
    Urls,
    people,
    publish,
)
from tests.interop.conftest import NodeScripts, serving_module
from tests.redis import RedisServer, serving_shards
from tests.runtime.server.stage import Stage

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]


ROOM: Final = "red"
SLOT: Final = slot_of(f"socket.io#/#{ROOM}#")


@pytest.fixture(scope="module")
def shards() -> Iterator[list[RedisServer]]:
    """Three shards of a Redis Cluster, and a Redis that has no slots yet."""
    with serving_shards() as found:
        yield found


def test_servers_on_several_shards_reach_one_another(
    shards: list[RedisServer], node: NodeScripts
) -> None:
    async def scenario(urls: Urls) -> None:
        async with people(urls, "/chat") as found:
            for person in found.values():
                for room in (*NAMES, "everybody"):  # in different slots
                    await person.do("emit", {"rooms": [room], "except": []}, room, b"\x00")
                    for name in NAMES if room == "everybody" else (room,):
                        await found[name].hears(room, b"\x00")
                answers = await person.do("ask", EVERYBODY, 1)
                assert sorted(answer["me"] for answer in answers) == sorted(NAMES)
                assert len(await person.do("fetch", EVERYBODY)) == len(NAMES)
                assert len(await person.do("server_ask", EVERYBODY, 1)) == len(NAMES) - 1
            await publish(PUBLISHERS["sharded"](urls.redis))
            for name, person in found.items():
                expected: list[list[Any]] = [
                    ["all", b"\x00\xff", "é😀"],
                    ["by a server", "servers"],
                ]
                if name != "node":
                    expected.append([f"{name} alone"])
                async with asyncio.timeout(20):  # in any order: shards don't wait for one another
                    told = [await person.told.get() for _ in expected]
                assert sorted(told, key=repr) == sorted(expected, key=repr)

    with ExitStack() as stack:
        urls = Urls("sharded", shards[0].url)
        for name, shard in zip(("python", "other"), shards[1:3], strict=True):
            module = ("tests.interop.cluster.node", "sharded", shard.url)
            urls[name] = stack.enter_context(serving_module(*module))
        urls["node"] = stack.enter_context(
            node.serving("cluster_server.mjs", "shards", shards[0].url)
        )
        asyncio.run(scenario(urls))


class Room:
    """Two servers, and a client of the second one in a room, which hears what the first one says."""

    def __init__(self, here: Server, peer: RawPeer) -> None:
        self.here = here
        self._peer = peer
        self._heard: list[str] = []

    async def listen(self) -> None:
        """Note what the client hears."""
        while True:
            self._heard.append(await self._peer.receive_text(timeout=60))

    async def hears(self, word: str) -> None:
        """Say a word until it is heard; and then another one, which is heard once."""
        async with asyncio.timeout(30):
            while f'42["{word}"]' not in self._heard:
                self.here.to(ROOM).emit(word)
                await asyncio.sleep(0.02)
            await self.here.to(ROOM).publish(f"{word} at last")
            while f'42["{word} at last"]' not in self._heard:  # noqa: ASYNC110  # see `listen`
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert self._heard.count(f'42["{word} at last"]') == 1


def play(shards: list[RedisServer], scenario: Callable[[Room], Awaitable[None]]) -> None:
    """Run a scenario with two servers on a Redis Cluster, of which each names another shard."""

    async def main() -> None:
        here, there = (Server(adapter=sharded_redis_adapter(each.url)) for each in shards[:2])
        async with AsyncExitStack() as stack:
            for server in (here, there):
                await stack.enter_async_context(server.lifespan())
            peer, sid = await Stage(there).join()
            there.in_(sid).sockets_join(ROOM)
            room = Room(here, peer)
            listening = asyncio.ensure_future(room.listen())
            await room.hears("before")
            await scenario(room)
            listening.cancel()

    asyncio.run(main())


def identity(shard: RedisServer) -> str:
    return shard.call("CLUSTER", "MYID").split(b"\r\n")[1].decode()


def test_a_room_whose_slot_moves_is_heard_at_its_new_shard(shards: list[RedisServer]) -> None:
    async def scenario(room: Room) -> None:
        for target in (shards[0], shards[3], shards[1]):
            for shard in (target, *shards):
                shard.call("CLUSTER", "SETSLOT", str(SLOT), "NODE", identity(target))
            await room.hears(f"at {target.port}")

    play(shards, scenario)


def test_a_shard_that_is_killed_is_replaced_by_its_replica() -> None:
    async def scenario(room: Room) -> None:
        for shard in (owner, *shards[:3]):
            shard.call("CLUSTER", "SETSLOT", str(SLOT), "NODE", identity(owner))
        await room.hears("at the owner")
        spare.call("CLUSTER", "REPLICATE", identity(owner))
        while b"link_status:up" not in spare.call("INFO", "replication"):  # noqa: ASYNC110  # Redis
            await asyncio.sleep(0.05)
        owner.stop(signal.SIGKILL)
        spare.call("CLUSTER", "FAILOVER", "TAKEOVER")
        await room.hears("at the replica")
        # The servers themselves are heard, too.
        assert len(await room.here.fetch_sockets()) == 1

    with serving_shards() as shards:
        *_, owner, spare = shards
        play(shards, scenario)
