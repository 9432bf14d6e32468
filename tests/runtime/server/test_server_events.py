"""Events between servers, over an adapter that joins two servers of one process."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from ackord.runtime.adapters import LocalBus, LocalNamespace, MemoryAdapter
from ackord.runtime.errors import (
    AckTimeoutError,
    InvalidPayloadError,
    ReservedEventError,
    UsageError,
)
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server import Server
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.testing import run
from typing_extensions import override


def cluster(count: int) -> list[Server]:
    """Make servers that take part in one cluster once they are started."""
    bus = LocalBus()
    return [Server(adapter=bus.make_adapter) for _ in range(count)]


def run_started(servers: list[Server], scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario while these servers are started."""

    async def main() -> None:
        async with AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server.lifespan())
            await scenario()

    run(main())


def test_an_event_reaches_the_other_servers_only() -> None:
    one, two, three = cluster(3)
    heard: list[tuple[str, Any]] = []
    for name, server in (("one", one), ("two", two), ("three", three)):

        @server.main.on_server_side("cache_cleared")
        async def cleared(key: str, data: bytes, name: str = name) -> None:
            heard.append((name, (key, data)))

    async def scenario() -> None:
        one.main.server_side_emit("cache_cleared", "key", b"\x01")
        await asyncio.sleep(1)
        assert heard == [("two", ("key", b"\x01")), ("three", ("key", b"\x01"))]

    run_started([one, two, three], scenario)


def test_the_other_servers_answer() -> None:
    one, two, three = cluster(3)

    @two.main.on_server_side("how many")
    def one_value(kind: str) -> str:
        return f"2 {kind}"

    @three.main.on_server_side("how many")
    async def two_values(kind: str) -> tuple[int, str]:
        return 3, kind

    async def scenario() -> None:
        assert await one.main.server_side_emit_with_ack("how many", "clients") == [
            "2 clients",
            (3, "clients"),
        ]
        # Nobody listens on the first server, which therefore gives no acknowledgement.
        with pytest.raises(AckTimeoutError, match="1 of 2 servers"):
            await two.main.server_side_emit_with_ack("how many", "clients")

    run_started([one, two, three], scenario)


def test_a_route_takes_the_encoded_event() -> None:
    one, two = cluster(2)
    texts: list[str] = []

    class Route:
        answers_failures = False

        async def handle(self, namespace: Any, event: EncodedEvent) -> AckReply:
            texts.append(event.arguments)
            return "[]", ()

        @override
        def __repr__(self) -> str:
            return "Nodes.on_x"

    two.main.set_server_route("x", Route())
    with pytest.raises(UsageError, match=r"handled by Nodes\.on_x already, so Nodes\.on_x"):
        two.main.set_server_route("x", Route())

    async def scenario() -> None:
        one.main.send_server_event(EncodedEvent("x", '["x",{"a":1}]'))
        await asyncio.sleep(1)
        assert texts == ['["x",{"a":1}]']

    run_started([one, two], scenario)


def test_on_one_server_there_is_nobody_to_hear_it() -> None:
    server = Server()
    server.main.on_server_side("x", lambda: pytest.fail("a server hears itself"))

    async def scenario() -> None:
        server.server_side_emit("x")
        assert await server.server_side_emit_with_ack("x") == []

    run(scenario())


@pytest.mark.parametrize("name", ["connect", "connection", "new_namespace"])
def test_what_a_server_tells_itself_cannot_be_sent_or_listened_for(name: str) -> None:
    server = Server()
    with pytest.raises(ReservedEventError):
        server.main.server_side_emit(name)
    with pytest.raises(ReservedEventError):
        server.main.on_server_side(name, print)


def test_what_json_cannot_hold_is_refused_on_one_server_too() -> None:
    with pytest.raises(InvalidPayloadError):
        Server().server_side_emit("x", {1, 2})


def test_a_parent_speaks_for_all_its_children_and_needs_no_adapter_of_its_own() -> None:
    made: list[MemoryAdapter] = []
    sent: list[tuple[int, str]] = []

    class Noting(MemoryAdapter):
        def __init__(self, namespace: LocalNamespace) -> None:
            super().__init__(namespace)
            made.append(self)

        @override
        def server_side_emit(self, event: EncodedEvent) -> None:
            sent.append((made.index(self), event.arguments))

    server = Server(adapter=Noting)
    parent = server.of(re.compile("/t/.*"))
    assert len(made) == 1
    server.of("/t/1")
    server.of("/t/2")
    assert len(made) == 3
    parent.server_side_emit("x", 1)
    assert sent == [(1, '["x",1]'), (2, '["x",1]')]

    async def scenario() -> None:
        with pytest.raises(UsageError, match="children"):
            await parent.server_side_emit_with_ack("x")

    run(scenario())


def test_dynamic_namespaces_listen_as_their_parent_does() -> None:
    server = Server()
    parent = server.of("/t/{id}")
    parent.on_server_side("x", lambda: "heard")
    child = server.of("/t/1")

    async def scenario() -> None:
        assert await child.receive_server_event(EncodedEvent("x", '["x"]')) == ('["heard"]', [])

    run(scenario())


@pytest.mark.parametrize("error", [ValueError, OverflowError, MemoryError])
def test_a_listener_that_raises_is_logged_and_answered_as_internal(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def listener() -> None:
        raise error("a bug")

    server = Server()
    server.on_server_side("x", listener)

    async def scenario() -> None:
        with pytest.raises(FailureReply, match="internal: "):
            await server.main.receive_server_event(EncodedEvent("x", '["x"]'))

    run(scenario())
    assert "Event 'x' of another server failed" in caplog.text
    assert f"{error.__name__}: a bug" in caplog.text
