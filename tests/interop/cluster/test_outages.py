"""What servers of a cluster do while Redis is away, and when it is back."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

import pytest
from ackord.runtime.adapters import Target
from ackord.runtime.adapters.redis import library, redis_adapter, redis_publisher
from ackord.runtime.adapters.redis.channels import RedisChannels
from ackord.runtime.adapters.redis.link import MAX_WAITING, RedisLink
from ackord.runtime.errors import ClusterError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.server import Server

from tests.redis import serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]


async def heard(channels: RedisChannels, queue: asyncio.Queue[bytes], channel: str) -> None:
    """Publish until it is heard."""
    while True:
        try:
            await channels.publish(channel, b"again")
            async with asyncio.timeout(0.3):
                await queue.get()
                return
        except (ClusterError, TimeoutError):
            await asyncio.sleep(0.05)


async def fails(send: Callable[[], Awaitable[None]]) -> None:
    """Send until it fails: Redis ends meanwhile."""
    with pytest.raises(ClusterError):  # noqa: PT012  # it may succeed at first
        while True:
            await send()


@pytest.mark.parametrize("is_sharded", [False, True])
def test_subscriptions_are_made_again_when_redis_is_back(
    is_sharded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        with serving_redis() as redis:
            queue: asyncio.Queue[bytes] = asyncio.Queue()
            here, there = (RedisChannels(redis.url, is_sharded=is_sharded) for _ in range(2))
            await here.open(lambda _, data: queue.put_nowait(data))
            await there.open(print)
            await here.subscribe(["a#", "b#"])
            for _ in range(2):
                await heard(there, queue, "a#")
                redis.stop()
                await fails(lambda: there.publish("a#", b"lost"))
                await here.subscribe(["c#"])
                here.unsubscribe(["b#"])
                redis.start()
                await heard(there, queue, "c#")
                await heard(there, queue, "a#")
            assert await there.count("a#") == 1
            assert await there.count("b#") == 0
            for channels in (here, there):
                await channels.close()
                with pytest.raises(ClusterError):
                    await channels.publish("a#", b"closed")

    asyncio.run(scenario())
    lines = [record.getMessage() for record in caplog.records]
    assert any("is lost; it is tried again" in line for line in lines)
    assert any("is back after" in line for line in lines)


def test_a_server_without_redis_serves_its_own_clients_and_says_what_was_not_sent() -> None:
    async def scenario() -> None:
        with serving_redis() as redis:
            server = Server(adapter=redis_adapter(redis.url))
            publisher = redis_publisher(redis.url)
            red = Target(frozenset({"red"}))
            async with server.lifespan():
                await server.publish("x")
                await publisher.join("/", red, frozenset({"blue"}))
                redis.stop()
                await fails(lambda: server.publish("x"))
                with pytest.raises(ClusterError):
                    await server.fetch_sockets()
                server.emit("x")  # nobody waits: the log says it
            await fails(lambda: publisher.leave("/", red, frozenset({"blue"})))
            await publisher.close()
            with pytest.raises(ClusterError, match="can't be reached"):
                async with Server(adapter=redis_adapter(redis.url)).lifespan():
                    pytest.fail("the server has started")

    asyncio.run(scenario())


def test_commands_that_wait_are_bounded_and_fail_with_the_connection() -> None:
    async def scenario() -> None:
        with serving_redis() as redis:
            link = RedisLink(redis.url, "a test", LimitedLog(logging.getLogger("test")))
            await link.open()
            assert await link.call("SET", "key", b"\x00\xff") == b"OK"
            with pytest.raises(ClusterError, match="refused"):
                await link.call("NOSUCHCOMMAND")
            waiting = [link.call("BLPOP", "nothing", 0) for _ in range(MAX_WAITING)]
            with pytest.raises(ClusterError, match="too slow"):
                await link.call("PING")
            redis.stop()
            errors = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(error, ClusterError) for error in errors)
            await link.close()

    asyncio.run(scenario())


def test_a_subscription_that_redis_refuses_ends_the_start_of_the_server() -> None:
    async def scenario() -> None:
        with serving_redis() as redis:
            link = RedisLink(redis.url, "a test", LimitedLog(logging.getLogger("test")))
            await link.open()
            await link.call("ACL", "SETUSER", "default", "resetchannels")
            await link.close()
            with pytest.raises(ClusterError, match="refused"):
                async with Server(adapter=redis_adapter(redis.url)).lifespan():
                    pytest.fail("the server has started")

    asyncio.run(scenario())


def test_a_redis_that_takes_connections_and_never_answers_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "CONNECT_TIMEOUT", 0.1)

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
            link = RedisLink(url, "a test", LimitedLog(logging.getLogger("test")))
            async with asyncio.timeout(20):
                with pytest.raises(ClusterError, match=r"it doesn't answer within 0\.1 s"):
                    await link.open()

    asyncio.run(scenario())
