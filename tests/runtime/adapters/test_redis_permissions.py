"""What a user of Redis must be allowed: the commands that docs/clusters.md names, and no more."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.runtime.adapters import redis as adapters
from ackord.runtime.server import ConnectionStateRecovery, Server

from tests.redis import RedisServer, serving_redis
from tests.runtime.adapters.ways import World, eventually
from tests.runtime.server.stage import Stage

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "clusters.md"
ADAPTERS: Final[dict[str, Any]] = {
    name: getattr(adapters, name)
    for name in ("redis_adapter", "sharded_redis_adapter", "redis_streams_adapter")
}
OURS: Final = {"acl|setuser", "acl|log", "auth"}
"""Commands of this test, and the one that everybody may use."""


def documented(name: str) -> set[str]:
    """Return the rules of Redis's ACL for an adapter."""
    (rules,) = re.findall(rf"^- `{name}`: `(\+[^`]+)`$", DOCUMENT.read_text(), re.MULTILINE)
    return set(rules.split())


async def use(world: World) -> None:
    """Do what servers of a cluster do for their clients; one comes back to another server."""
    await world.enter()
    rooms = await world.rooms()
    assert (rooms["a"], rooms["b"]) == ({"red"}, {"red", "blue"})
    here, there = world.servers
    socket = here.main.sockets[world.sids["a"]]
    assert socket._recovery_session is not None
    pid = socket._recovery_session.pid
    socket.leave("red")
    here.emit("x")
    offset = str(await world.next("a")).rpartition(',"')[2].removesuffix('"]')
    await world.peers["a"].close()
    await eventually(lambda: socket.id not in here.main.sockets)
    await Stage(there).join(auth=f'{{"pid":"{pid}","offset":"{offset}"}}')


@pytest.mark.outside
@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_needs_the_documented_commands(name: str) -> None:
    async def main(redis: RedisServer) -> None:
        url = redis.url.replace("//", "//chat:secret@")
        recovery = ConnectionStateRecovery()
        servers = [
            Server(adapter=ADAPTERS[name](url), connection_state_recovery=recovery)
            for _ in range(2)
        ]
        async with servers[0].lifespan(), servers[1].lifespan():
            await use(World(servers))

    with serving_redis() as redis:
        allowed = documented(name)
        rules = ("on", ">secret", "~socket.io*", "~sio:session:*", "&socket.io*", *allowed)
        assert redis.call("ACL", "SETUSER", "chat", *rules) == b"+OK\r\n"
        asyncio.run(asyncio.wait_for(main(redis), 60))
        assert redis.call("ACL", "LOG") == b"*0\r\n"
        used = re.findall(r"cmdstat_([^:]+):", redis.call("INFO", "commandstats").decode())
    assert {f"+{command}" for command in set(used) - OURS} == allowed
