"""Two servers on a Redis that is slow, stands still, is full, or ends their connections, and on
which others write, too: local clients go on, and what comes later arrives.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from ackord.runtime.adapters.redis import (
    library,
    link,
    redis_adapter,
    redis_streams_adapter,
    sharded_redis_adapter,
)
from ackord.runtime.errors import ClusterError
from ackord.runtime.server import ConnectionStateRecovery, Server, Socket
from ackord.runtime.testing import RawPeer

from tests.codegen.golden.tenants.expected import Plan
from tests.codegen.test_running_tenants import Admin
from tests.redis import RedisServer, serving_redis
from tests.runtime.server.stage import Stage

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

ADAPTERS: Final[dict[str, Callable[[str], Any]]] = {
    "classic": redis_adapter,
    "sharded": sharded_redis_adapter,
    "streams": lambda url: redis_streams_adapter(url, block_time=0.1),
}
on_each_adapter = pytest.mark.parametrize("kind", list(ADAPTERS))


@dataclass
class Place:
    """A server, a client of it, and what other servers told the server."""

    server: Server
    peer: RawPeer
    told: list[Any] = field(default_factory=list[Any])

    async def receives(self, *packets: str) -> None:
        """Compare the next packets of the client."""
        async with asyncio.timeout(20):
            assert [await self.peer.receive_text() for _ in packets] == list(packets)

    async def echoes(self) -> None:
        """Let the client ask the server something."""
        await self.peer.send('421["echo","é"]')
        await self.receives('431["é"]')


def echo(text: str) -> str:
    """Answer what a client says."""
    return text


@asynccontextmanager
async def place(kind: str, redis: RedisServer, **options: Any) -> AsyncGenerator[Place]:
    """Run a server in this process, with a client."""
    server = Server(adapter=ADAPTERS[kind](redis.url), **options)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("echo", echo)

    async with server.lifespan():
        found = Place(server, (await Stage(server).join())[0])
        server.main.on_server_side("told", found.told.append)
        yield found


def play(kind: str, scenario: Callable[[RedisServer, Place, Place], Awaitable[None]]) -> None:
    """Run a scenario with two servers on a Redis of their own."""

    async def main(redis: RedisServer) -> None:
        async with place(kind, redis) as here, place(kind, redis) as there:
            await scenario(redis, here, there)

    with serving_redis() as redis:
        asyncio.run(main(redis))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has come to be."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # it is looked at from outside
            await asyncio.sleep(0.01)


async def subscribed_again(here: Place, there: Place) -> None:
    """Tell one server something until it hears it: servers subscribe in the background."""
    while "again" not in there.told:
        here.server.server_side_emit("told", "again")
        await asyncio.sleep(0.02)


def signal_to(redis: RedisServer, number: signal.Signals) -> None:
    assert redis.process is not None
    redis.process.send_signal(number)


@on_each_adapter
def test_a_slow_redis_delays_what_other_servers_are_sent_and_nothing_else(kind: str) -> None:
    packets = [f'42["x",{number}]' for number in range(200)]

    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        signal_to(redis, signal.SIGSTOP)
        for number in range(200):
            here.server.emit("x", number)
        if kind != "streams":  # a server's own clients get its events from the stream
            await here.receives(*packets)
        await here.echoes()
        await there.echoes()
        signal_to(redis, signal.SIGCONT)
        await there.receives(*packets)
        if kind == "streams":
            await here.receives(*packets)

    play(kind, scenario)


@on_each_adapter
def test_a_redis_that_stands_still_is_given_up_and_found_again(
    kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "PING_INTERVAL", 0.2)
    monkeypatch.setattr(library, "CONNECT_TIMEOUT", 0.3)

    def said(text: str) -> bool:
        connections = 8 if kind == "streams" else 4
        return sum(text in line for line in caplog.messages) >= connections

    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        signal_to(redis, signal.SIGSTOP)
        await until(lambda: said("is lost; it is tried again"))
        with pytest.raises(ClusterError):
            await here.server.publish("x", 1)
        await here.receives('42["x",1]')
        await asyncio.sleep(0.7)  # longer than an attempt to connect may take
        await there.echoes()
        signal_to(redis, signal.SIGCONT)
        await until(lambda: said("is back after"))
        await subscribed_again(here, there)
        await here.server.publish("x", 2)
        await here.receives('42["x",2]')
        await there.receives('42["x",2]')

    play(kind, scenario)


@on_each_adapter
def test_a_redis_without_memory_keeps_no_client_from_its_own_server(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        redis.call("CONFIG", "SET", "maxmemory", "1")
        if kind == "streams":  # the others write nothing that is kept
            with pytest.raises(ClusterError, match="maxmemory"):
                await here.server.publish("x", 1)
            here.server.emit("x", 2)
        else:
            await here.server.publish("x", 1)
            await here.server.publish("x", 2)
            await there.receives('42["x",1]', '42["x",2]')
        await here.receives('42["x",1]', '42["x",2]')
        redis.call("CONFIG", "SET", "maxmemory", "0")
        await here.server.publish("x", 3)
        for each in (here, there):
            await each.receives('42["x",3]')

    play(kind, scenario)
    assert ("Other servers weren't told" in caplog.text) == (kind == "streams")


@on_each_adapter
def test_who_is_cut_off_because_its_buffer_is_full_subscribes_again(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        redis.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32kb 0 0")
        here.server.server_side_emit("told", "y" * 100_000)
        await until(lambda: "what other servers send is back" in caplog.text)
        await subscribed_again(here, there)
        assert set(there.told) == {"again"}
        await here.server.publish("x", 1)
        await there.receives('42["x",1]')

    play(kind, scenario)


GARBAGE: Final = (
    "",
    "{",
    "[1]",
    "\x80\x04K\x01.",
    '{"type":3,"uid":"a","nsp":"/","data":1}',
    "\u0000",
)


@on_each_adapter
def test_what_others_write_is_ignored_and_counted(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        command = "SPUBLISH" if kind == "sharded" else "PUBLISH"
        channels = redis.call("PUBSUB", "SHARDCHANNELS" if kind == "sharded" else "CHANNELS")
        names = [line for line in channels.decode().split("\r\n") if "#" in line]
        assert len(names) >= 3
        for data in GARBAGE:
            for name in names:
                redis.call(command, name, data)
            if kind == "streams":
                redis.call("XADD", "socket.io", "*", "nsp", "/", "type", "3", "data", data)
        await here.server.publish("x", 1)
        here.server.server_side_emit("told", 1)
        await there.receives('42["x",1]')
        await until(lambda: there.told == [1])

    play(kind, scenario)
    lines = [line for line in caplog.messages if "is ignored" in line]
    assert any("of another server is ignored" in line for line in lines)
    assert any("more of these since" in line for line in lines)
    assert all(record.levelno == logging.WARNING for record in caplog.records)


@on_each_adapter
def test_servers_of_another_version_of_the_contract_disturb_nobody(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(redis: RedisServer, here: Place, there: Place) -> None:
        admin = Admin()
        there.server.register(admin)
        newer = here.server.of("/admin")
        await asyncio.gather(*(each.server.of("/admin").adapter.start() for each in (here, there)))
        peer, _ = await Stage(there.server).join("/admin")
        for name, *values in (
            ("plan_changed", "acme", "platinum"),
            ("plan_changed", "acme", "paid", "in advance"),
            ("plan_forgotten", "acme"),
            ("plan_changed", "acme", "paid"),
        ):
            newer.server_side_emit(name, *values)
        await until(lambda: admin.told == [("acme", Plan.PAID)] * 2)
        await newer.publish("brand_new", 1)
        assert await peer.receive_text() == '42/admin,["brand_new",1]'

    play(kind, scenario)
    assert "Event 'plan_changed' of another server failed: 'invalid_request'" in caplog.text


def test_a_session_that_redis_does_not_keep_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def main(redis: RedisServer) -> None:
        recovery = ConnectionStateRecovery()
        async with place("streams", redis, connection_state_recovery=recovery) as here:
            redis.call("CONFIG", "SET", "maxmemory", "1")
            await here.peer.close()
            await until(lambda: "session" in caplog.text)

    with serving_redis() as redis:
        asyncio.run(main(redis))
    assert "A session wasn't kept: Redis refused a command" in caplog.text
