"""What a cluster costs, by counts: the bytes that come to a server, the commands that Redis gets,
and what is encoded.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from types import CodeType, FrameType
from typing import Any, Final

import pytest
from ackord.runtime.adapters import Adapter, LocalNamespace
from ackord.runtime.adapters.cluster.slices import Slices
from ackord.runtime.adapters.redis import (
    redis_adapter,
    redis_streams_adapter,
    sharded_redis_adapter,
)
from ackord.runtime.adapters.redis.link import RedisLink
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.packet import encode_event
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import RawPeer

from tests.redis import RedisServer, serving_redis
from tests.runtime.server.stage import Stage

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

ADAPTERS: Final[dict[str, Callable[[str], Callable[[LocalNamespace], Adapter]]]] = {
    "classic": redis_adapter,
    "sharded": sharded_redis_adapter,
    "streams": redis_streams_adapter,
}
ROUTED: Final = ("classic", "sharded")
PUBLISHED: Final = 50
PONG: Final = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
"""The answer on a connection for subscriptions, which is tried when it has been silent."""


class Wire:
    """The way from a server to Redis: keeps what comes from Redis, and can hold it back."""

    def __init__(self, redis: RedisServer) -> None:
        self._redis = redis
        self._open = asyncio.Event()
        self._open.set()
        self.received = bytearray()
        self.url = ""
        self._serving: list[asyncio.Task[Any] | None] = []

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[Wire]:
        """Take connections until the end of the block."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with listener:
            self.url = f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
            yield self
            await asyncio.wait([task for task in self._serving if task is not None])

    @contextmanager
    def held(self) -> Generator[None]:
        """Let nothing come from Redis until the end of the block."""
        self._open.clear()
        yield
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.append(asyncio.current_task())
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._redis.port)

        async def answer() -> None:
            while data := await theirs.read(65_536):
                self.received += data
                await self._open.wait()
                writer.write(data)

        answering = asyncio.create_task(answer())
        with suppress(ConnectionError):  # a server that ends doesn't read what comes yet
            while data := await reader.read(65_536):
                ours.write(data)
        for end in (ours, writer):
            end.close()
        with suppress(ConnectionError):
            await answering


async def serve(stack: AsyncExitStack, kind: str, url: str, room: str) -> tuple[Server, RawPeer]:
    """Start a server with one client, which is in a room."""
    server = Server(adapter=ADAPTERS[kind](url))

    def echo(value: int) -> int:
        return value

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join(room)
        socket.on("echo", echo)

    await stack.enter_async_context(server.lifespan())
    peer, _ = await Stage(server).join()
    server.environment.checking.always = False  # clients in memory have every event encoded
    return server, peer


async def reach(server: Server, peer: RawPeer, room: str) -> None:
    """Emit until it arrives: subscriptions are made in the background."""
    while True:
        await server.to(room).publish("ready")
        try:
            async with asyncio.timeout(0.2):
                await peer.receive_text()
                break
        except TimeoutError:
            continue
    await server.publish("settled")
    while await peer.receive_text() != '42["settled"]':
        pass


@pytest.mark.parametrize("kind", ROUTED)
def test_messages_for_rooms_elsewhere_are_not_delivered_to_a_server(kind: str) -> None:
    async def main(redis: RedisServer) -> None:
        async with Wire(redis).listening() as wire, AsyncExitStack() as stack:
            _, peer = await serve(stack, kind, wire.url, "here")
            there, member = await serve(stack, kind, redis.url, "there")
            await reach(there, peer, "here")
            wire.received.clear()
            for number in range(PUBLISHED):
                await there.to("there").publish("x", number)
                await there.to("nowhere").publish("x", number)
            await there.to("here").publish("last")
            assert await peer.receive_text() == '42["last"]'
            received = bytes(wire.received).replace(PONG, b"")
            assert received.startswith(b"*3\r\n")
            assert received.count(b"*3\r\n") == 1
            assert b"here" in received
            assert b"there" not in received
            heard = [await member.receive_text() for _ in range(PUBLISHED + 1)]
            assert heard[-1] == f'42["x",{PUBLISHED - 1}]'

    with serving_redis() as redis:
        asyncio.run(main(redis))


@pytest.mark.parametrize(
    ("kind", "command"), [("classic", "publish"), ("sharded", "spublish"), ("streams", "xadd")]
)
def test_an_awaited_publish_is_one_command(kind: str, command: str) -> None:
    async def main(redis: RedisServer) -> None:
        async with AsyncExitStack() as stack:
            server, peer = await serve(stack, kind, redis.url, "room")
            await reach(server, peer, "room")
            before = await commands(redis)
            for number in range(PUBLISHED):
                await server.to("room").publish("x", number)
            calls = await commands(redis) - before
            assert calls.pop(command) == PUBLISHED
            assert calls.pop("xread", 0) <= PUBLISHED + 1
            assert set(calls) <= {"info", "ping", "client|setname", "client|setinfo", "hello"}

    with serving_redis() as redis:
        asyncio.run(main(redis))


async def commands(redis: RedisServer) -> Counter[str]:
    """Return how many commands Redis has had, by name."""
    link = RedisLink(redis.url, "a test", LimitedLog(logging.getLogger("test")))
    await link.open()
    text: bytes = await link.call("INFO", "commandstats")
    await link.close()
    found: Counter[str] = Counter()
    for line in text.decode().splitlines():
        if line.startswith("cmdstat_"):
            name, _, figures = line.removeprefix("cmdstat_").partition(":")
            found[name] = int(figures.partition("calls=")[2].partition(",")[0])
    return found


@pytest.mark.parametrize("kind", ADAPTERS)
def test_a_server_serves_its_clients_while_a_publish_is_awaited(kind: str) -> None:
    async def main(redis: RedisServer) -> None:
        async with Wire(redis).listening() as wire, AsyncExitStack() as stack:
            server, peer = await serve(stack, kind, wire.url, "room")
            await reach(server, peer, "room")
            with wire.held():
                publishing = asyncio.create_task(server.to("elsewhere").publish("x", 1))
                for number in range(PUBLISHED):
                    await peer.send(f'42{number}["echo",{number}]')
                    assert await peer.receive_text() == f"43{number}[{number}]"
                assert not publishing.done()
            await publishing

    with serving_redis() as redis:
        asyncio.run(main(redis))


@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_event_for_an_empty_room_is_encoded_for_redis_alone(kind: str) -> None:
    async def main(redis: RedisServer) -> None:
        async with AsyncExitStack() as stack:
            here, peer = await serve(stack, kind, redis.url, "here")
            there, _ = await serve(stack, kind, redis.url, "there")
            await reach(there, peer, "here")
            await reach(here, peer, "here")
            written, read = encode_event.__code__, Slices.broadcast.__code__
            with counted(written, read) as calls:
                for number in range(PUBLISHED):
                    await there.to("nowhere").publish("x", number)
                assert calls == {}
                await there.to("here").publish("last")
                assert await peer.receive_text() == '42["last"]'
                # Once, by the server of the client; no other message was read in between.
                assert calls[written] == 1
                assert calls[read] <= 1

    with serving_redis() as redis:
        asyncio.run(main(redis))


@contextmanager
def counted(*codes: CodeType) -> Generator[Counter[CodeType]]:
    """Count the calls of functions."""
    calls: Counter[CodeType] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            calls[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
