"""The entries of a cluster's stream, and what a server does with its own and with bad ones."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.adapters import LocalBus, Target
from ackord.runtime.adapters.cluster.binary import pack
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Broadcast
from ackord.runtime.adapters.local import LocalChannels
from ackord.runtime.adapters.redis import redis_streams_adapter, streams
from ackord.runtime.adapters.redis.entries import read_entry
from ackord.runtime.errors import ClusterError, UsageError
from ackord.runtime.server import Server
from hypothesis import example, given
from hypothesis import strategies as st

from tests.redis import RedisServer, serving_redis
from tests.runtime.server.stage import Stage

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["opts", "rooms", "x", '},"opts":{']), inner, max_size=3)
    ),
    max_leaves=8,
)
ROOMS = st.lists(st.text(max_size=9) | st.just('},"opts":{'), max_size=3)


@example({"x": {}, "opts": {"rooms": ["a"], "except": []}}, ["b"], [], False, False)
@example({"x": {}, "opts": {"rooms": ["a"], "except": []}}, ["b"], [], True, False)
@given(VALUES, ROOMS, ROOMS, st.booleans(), st.booleans())
def test_the_recipients_that_are_read_alone_are_those_of_the_whole_message(
    value: Any, rooms: list[str], except_: list[str], is_first: bool, is_packed: bool
) -> None:
    packet = {"packet": {"type": 2, "data": ["e", value], "nsp": "/"}}
    options: dict[str, Any] = {"opts": {"rooms": rooms, "except": except_, "flags": {}}}
    data: dict[str, Any] = {**options, **packet} if is_first else {**packet, **options}
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    fields = {b"type": b"3", b"data": b64encode(pack(data)) if is_packed else text}
    asked: list[Target] = []

    def needs(target: Target) -> bool:
        asked.append(target)
        return True

    message = read_entry(fields, needs)
    assert isinstance(message, Broadcast)
    assert message.target == Target(frozenset(rooms) or None, frozenset(except_))
    assert json.loads(message.event.arguments) == ["e", value]
    assert asked in ([], [message.target])
    if not is_first and not is_packed:
        assert asked == [message.target]
        assert read_entry(fields, lambda _: False) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (b"3", b""),
        (b"3", b"{"),
        (b"3", b"no base64"),
        (b"3", b"gA=="),
        (b"3", b'{"packet":{"type":3,"data":[]},"opts":{"rooms":[]}}'),
        (b"3", b'{"packet":1,"opts":{"rooms":["a"],"except":[1.5]}}'),
        (b"3", b'{"packet":{"type":2,"data":["e"],"nsp":},"opts":{"rooms":["a"]}}'),
        (b"3", b'{"packet":{"type":2,"data":["e"]]},"opts":{"rooms":["a"]}}'),
        (b"3", b'{"packet":{"type":2,"data":["e",1e999]},"opts":{"rooms":["a"]}}'),
        (b"3", b'{"packet":{"type":2,"data":["e","\xff"]},"opts":{"rooms":["a"]}}'),
        (b"3", b'{"packet":{"type":2,"data":["disconnect"]},"opts":{"rooms":["a"]}}'),
        (b"3", b'{"packet":{"type":2,"data":{"a":["e"]},"opts":{"rooms":["a"]}}}'),
        (b"4", b'{"opts":{}}'),
        (b"9", b'{"packet":["connect"]}'),
    ],
)
def test_an_entry_that_is_not_one_is_refused(kind: bytes, data: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        read_entry({b"type": kind, b"data": data}, lambda _: True)


@pytest.mark.parametrize("kind", [b"", b"1", b"7", b"13", b"x"])
def test_an_entry_of_another_type_is_ignored(kind: bytes) -> None:
    assert read_entry({b"type": kind}, lambda _: True) is None


@pytest.mark.parametrize("options", [{"block_time": 0}, {"block_time": 6}, {"max_len": 0}])
def test_values_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        redis_streams_adapter("redis://127.0.0.1", **options)


def play(scenario: Callable[[RedisServer, Server], Awaitable[None]]) -> None:
    """Run a scenario with a server on a Redis of its own."""

    async def main(redis: RedisServer) -> None:
        server = Server(adapter=redis_streams_adapter(redis.url))
        async with server.lifespan():
            await scenario(redis, server)

    with serving_redis() as redis:
        asyncio.run(main(redis))


async def add(redis: RedisServer, *fields: str) -> None:
    """Write an entry."""
    await asyncio.to_thread(redis.call, "XADD", "socket.io", "*", *fields)


def test_bad_entries_are_told_of_and_the_emitters_are_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(redis: RedisServer, server: Server) -> None:
        peer, _ = await Stage(server).join()
        heard: list[Any] = []
        server.main.on_server_side("told", heard.append)
        bad = ("uid", "emitter", "nsp", "/", "type", "3", "data", "{]")
        await add(redis, *bad)
        await add(redis, *bad)
        await add(redis, "x", "y")
        await add(redis, "uid", "emitter", "nsp", "/", "type", "9", "data", '{"packet":["told",1]}')
        event = '{"packet":{"type":2,"data":["x",1],"nsp":"/"},"opts":{"rooms":[],"except":[]}}'
        await add(redis, "uid", "emitter", "nsp", "/", "type", "3", "data", event)
        assert await peer.receive_text() == '42["x",1]'
        assert heard == [1]
        told = [record for record in caplog.records if "entry of the stream" in record.message]
        assert [record.levelno for record in told] == [logging.WARNING]

    play(scenario)


def test_an_event_that_redis_did_not_take_reaches_the_sockets_here_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(redis: RedisServer, server: Server) -> None:
        peer, _ = await Stage(server).join()
        await server.publish("x", 1)
        assert await peer.receive_text() == '42["x",1]'
        redis.stop()
        with pytest.raises(ClusterError):
            await server.publish("x", 2)
        assert await peer.receive_text() == '42["x",2]'
        redis.start()
        while True:
            try:
                await server.publish("x", 3)
                break
            except ClusterError:
                assert await peer.receive_text() == '42["x",3]'
                await asyncio.sleep(0.05)
        assert await peer.receive_text() == '42["x",3]'
        assert any("was trimmed or removed" in record.message for record in caplog.records)

    play(scenario)


def test_an_event_that_redis_did_not_take_does_not_overtake_earlier_ones() -> None:
    async def scenario(redis: RedisServer, server: Server) -> None:
        def may(*commands: str) -> None:
            assert redis.call("ACL", "SETUSER", "default", *commands) == b"+OK\r\n"

        peer, _ = await Stage(server).join()
        may("-xread")
        await server.publish("x", 1)  # ends the XREAD that waits: the next one is refused
        assert await peer.receive_text() == '42["x",1]'
        await server.publish("x", 2)
        may("-xadd")
        for number in (3, 4):
            with pytest.raises(ClusterError):
                await server.publish("x", number)
        may("+xread")
        assert [await peer.receive_text() for _ in range(3)] == [
            f'42["x",{number}]' for number in (2, 3, 4)
        ]
        with pytest.raises(ClusterError):
            await server.publish("x", 5)
        may("+xadd")
        await server.publish("x", 6)
        assert [await peer.receive_text() for _ in range(2)] == ['42["x",5]', '42["x",6]']

    play(scenario)


def test_a_server_that_becomes_a_worker_reads_its_own_entries_under_its_new_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(redis: RedisServer) -> None:
        server = Server(adapter=redis_streams_adapter(redis.url))
        server.asgi().join(1, LocalChannels(LocalBus()))
        async with server.lifespan():
            peer, _ = await Stage(server).join()
            late = server.of("/late")
            for namespace, prefix in ((server.main, ""), (late, "/late,")):
                if prefix:
                    await peer.send("40/late,")
                    await peer.receive()
                for number in range(60):
                    namespace.emit("x", number)
                await namespace.publish("end")
                for number in range(60):
                    await peer.expect(f'42{prefix}["x",{number}]')
                await peer.expect(f'42{prefix}["end"]')

    monkeypatch.setattr(streams, "MAX_PENDING", 100)
    with serving_redis() as redis:
        asyncio.run(main(redis))
