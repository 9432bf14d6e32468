"""What applications do to sockets, on one server and on two servers of a cluster alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from ackord.runtime.adapters import BroadcastFlags, LocalBus, MemoryAdapter, Target
from ackord.runtime.errors import (
    AckTimeoutError,
    ClusterError,
    InvalidPayloadError,
    ReservedEventError,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.server import BroadcastTimeoutError, ConnectionStateRecovery, Server
from ackord.runtime.testing import Link, run
from ackord.runtime.typed.emitters import BroadcastEmitter, Gatherer
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.replies import Replies
from ackord.runtime.validation import Arg
from typing_extensions import override

from tests.runtime.adapters.ways import (
    LATE,
    Play,
    World,
    eventually,
    parameters,
    play_on,
    play_servers,
)
from tests.runtime.server.stage import Stage
from tests.runtime.server.stage import play as play_alone

X: Event[Any] = Event("x", handler="on_x", args=[Arg("number", int)], ack=None)


class Numbers(BroadcastEmitter):
    """Sends a number."""

    def x(self, number: int) -> None:
        self._emit(X, number)


class Questions(Gatherer):
    """Asks about a number."""

    async def x(self, number: Any) -> Replies[None]:
        return await self._gather(X, number)


@pytest.fixture(params=parameters())
def play(request: pytest.FixtureRequest) -> Play:
    return play_on(request.param)


@pytest.fixture(params=parameters(least=2))
def way(request: pytest.FixtureRequest) -> str:
    """One of the ways with several servers."""
    return str(request.param)


def test_a_server_that_is_not_in_its_cluster_sends_to_its_own_clients(way: str) -> None:
    """Before it has started, and when it has ended."""

    async def scenario(servers: list[Server]) -> None:
        server = servers[0]
        for _ in range(2):
            server.emit("x")
            server.to("red").emit("x", b"\x00")
            server.server_side_emit("x")
            server.in_("red").sockets_join("blue")
            server.in_("red").disconnect_sockets()
            with suppress(ClusterError):
                await server.publish("x")
            async with server.lifespan():
                peer, _ = await Stage(server).join()
                await server.publish("x", 1)
                assert await peer.receive_text() == '42["x",1]'

    play_servers(way, scenario)


def test_a_broadcast_reaches_the_sockets_of_the_target_once(play: Play) -> None:
    async def scenario(world: World) -> None:
        for target, reached in [
            (world.here, "abcd"),
            (world.here.to("red"), "ab"),
            (world.here.to("red", "blue"), "ab"),
            (world.here.except_("blue"), "acd"),
            (world.here.to("red").except_(world.sids["a"]), "b"),
            (world.here.to("nobody"), ""),
            (world.here.to([]), ""),
            (world.here.sockets[world.sids["a"]].broadcast, "bcd"),
        ]:
            target.emit("x", b"\x01")
            assert await world.received() == dict.fromkeys(
                reached, '451-["x",{"_placeholder":true,"num":0}]'
            )
            for name in reached:
                assert await world.next(name) == b"\x01"

    play(scenario)


def test_local_keeps_a_command_to_the_sockets_of_this_process(way: str) -> None:
    async def scenario(world: World) -> None:
        world.here.local.emit("x")
        assert await world.received() == dict.fromkeys("ac", '42["x"]')
        assert [socket.data for socket in await world.here.to("red").local.fetch_sockets()] == ["a"]
        assert len(await world.here.local.emit_with_ack("x", timeout=LATE)) == 0

    async def commands(world: World) -> None:
        world.here.local.sockets_join("new")
        assert {name for name, rooms in (await world.rooms()).items() if "new" in rooms} == {
            "a",
            "c",
        }
        world.here.local.sockets_leave("new", "red")
        assert await world.rooms() == {"a": set(), "b": {"red", "blue"}, "c": set(), "d": set()}
        world.here.local.disconnect_sockets()
        assert set(await world.rooms()) == {"b", "d"}

    with pytest.raises(BroadcastTimeoutError, match="2 of 2"):
        play_on(way)(scenario)
    play_on(way)(commands)


def test_a_published_event_has_reached_the_others(play: Play) -> None:
    async def scenario(world: World) -> None:
        await world.here.to("red").publish("x", 1)
        assert await world.received() == dict.fromkeys("ab", '42["x",1]')
        await Numbers(world.here.to("red")).publish(lambda to: to.x(2))
        assert await world.received() == dict.fromkeys("ab", '42["x",2]')
        await world.here.to("nobody").publish("x", 1)
        await Numbers(world.here.to("nobody")).publish(lambda to: to.x(2))
        assert await world.received() == {}

    play(scenario)


def test_sockets_of_all_servers_acknowledge(play: Play) -> None:
    async def scenario(world: World) -> None:
        asking = asyncio.ensure_future(world.here.emit_with_ack("x", timeout=5))
        await asyncio.gather(*(world.answer(name, f'["{name}"]') for name in "abcd"))
        answers = await asking
        assert answers.by_sid == {world.sids[name]: name for name in "abcd"}

        asking = asyncio.ensure_future(world.here.to("red").emit_with_ack("x", timeout=LATE))
        await world.answer("a", "[1,2]")
        with pytest.raises(BroadcastTimeoutError) as raised:
            await asking
        assert list(raised.value.answers) == [(1, 2)]
        assert raised.value.answers.missing == frozenset((world.sids["b"],))
        assert await world.here.to("nobody").emit_with_ack("x") == ()
        await asyncio.sleep(LATE)
        sockets = [socket for server in world.servers for socket in server.main.sockets.values()]
        assert [socket._awaited_acks for socket in sockets] == [0, 0, 0, 0]

    play(scenario)


def test_a_socket_that_leaves_ends_the_wait_for_it(play: Play) -> None:
    async def scenario(world: World) -> None:
        asking = asyncio.ensure_future(world.here.to("red").emit_with_ack("x", timeout=5))
        for name in "ab":
            await world.next(name)
        for name in "ab":
            await world.peers[name].close()
        answers = await asking
        assert list(answers) == []
        assert answers.missing == {world.sids["a"], world.sids["b"]}

    play(scenario)


def test_commands_reach_the_sockets_of_all_servers(play: Play) -> None:
    async def scenario(world: World) -> None:
        assert await world.rooms() == {"a": {"red"}, "b": {"red", "blue"}, "c": set(), "d": set()}
        world.here.except_("blue").sockets_join("new", ["newer"])
        new = {"new", "newer"}
        assert await world.rooms() == {"a": {"red"} | new, "b": {"red", "blue"}, "c": new, "d": new}
        world.here.to("red", "new").sockets_leave("red", "newer")
        assert await world.rooms() == {"a": {"new"}, "b": {"blue"}, "c": {"new"}, "d": {"new"}}
        world.here.to("new").disconnect_sockets()
        assert await world.received() == dict.fromkeys("acd", "41")
        assert await world.rooms() == {"b": {"blue"}}
        world.here.disconnect_sockets(close=True)
        assert await world.rooms() == {}

    play(scenario)


def test_a_fetched_socket_takes_commands_and_tells_of_its_client(play: Play) -> None:
    async def scenario(world: World) -> None:
        (fetched,) = await world.here.in_("blue").fetch_sockets()
        assert (fetched.id, fetched.data) == (world.sids["b"], "b")
        assert fetched.handshake.query["transport"] == "websocket"
        told: list[Any] = []
        fetched.emit("x", 1)
        assert await world.received() == {"b": '42["x",1]'}
        fetched.emit("x", ack=lambda *values: told.append(values))
        await world.answer("b", "[1,null]")
        await eventually(lambda: told == [(1, None)])
        fetched.join("new")
        fetched.leave("red", ["blue"])
        assert (await world.rooms())["b"] == {"new"}
        fetched.disconnect()
        assert await world.received() == {"b": "41"}

    play(scenario)


@pytest.mark.parametrize("kind", parameters(least=2, but="classic"))
def test_a_server_that_leaves_is_no_longer_waited_for(kind: str) -> None:
    """The classic adapter has no message for it: there the wait ends with its timeout."""

    async def scenario(world: World) -> None:
        there = world.servers[1]
        never = asyncio.Event()
        there.main.on_server_side("slow", never.wait)
        waiting: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(world.here.emit_with_ack("x", timeout=50)),
            asyncio.ensure_future(world.here.server_side_emit_with_ack("slow", timeout=50)),
        ]
        for name in "abcd":
            assert str(await world.next(name)).endswith('["x"]')
        for name in "ac":
            await world.peers[name].send('430["here"]')
        await there.close()
        answers, server_answers = await asyncio.gather(*waiting)
        assert list(answers) == ["here", "here"]
        assert answers.missing == {world.sids["b"], world.sids["d"]}
        assert server_answers == []
        assert {socket.data for socket in await world.here.fetch_sockets()} == {"a", "c"}
        assert await world.here.server_side_emit_with_ack("count") == []

    play_on(kind)(scenario)


def test_servers_ask_one_another(way: str) -> None:
    async def scenario(world: World) -> None:
        assert await world.here.server_side_emit_with_ack("count") == [2]
        with pytest.raises(AckTimeoutError, match="1 of 1 servers"):
            await world.here.server_side_emit_with_ack("unknown", timeout=LATE)

    play_on(way)(scenario)


def test_an_event_of_another_server_is_replayed() -> None:
    async def scenario(world: World) -> None:
        there = world.servers[1]
        stage = Stage(there)
        peer = await stage.open()
        await peer.send("40")
        _, _, rest = (await peer.receive_text()).partition('"pid":"')
        pid = rest.partition('"')[0]
        world.here.emit("x", 1)
        offset = (await peer.receive_text()).rpartition(',"')[2].removesuffix('"]')
        await peer.close()
        await asyncio.sleep(1)
        world.here.emit("x", 2)
        await asyncio.sleep(1)
        back = await stage.open()
        await back.send(f'40{{"pid":"{pid}","offset":"{offset}"}}')
        assert (await back.receive_text()).startswith('42["x",2,')
        assert pid in await back.receive_text()

    play_on("local bus", connection_state_recovery=ConnectionStateRecovery())(scenario)


@pytest.mark.parametrize("path", ["/", "/t/{id}"])
def test_an_event_that_reaches_nobody_is_not_encoded_unless_a_test_wants_it(path: str) -> None:
    async def scenario() -> None:
        bus = LocalBus()
        server, other = Server(), Server(adapter=bus.make_adapter)
        unsendable = {1, 2}
        told: list[tuple[Any, ...]] = []

        def tell(*values: Any) -> None:
            told.append(values)

        async with server.lifespan(), other.lifespan():
            for alone in (server, other):
                alone.of(path).to("red").emit("x", unsendable)
                alone.of(path).to([]).emit("x", unsendable)
                await alone.of(path).publish("x", unsendable)
                for nobody in (alone.to("red"), alone.to([]), alone.except_()):
                    nobody.emit("x", unsendable, ack=tell)
                    assert await nobody.emit_with_ack("x", unsendable) == ()
                    assert await Questions(nobody, 1).x(unsendable) == Replies({}, {}, ())
                    assert told.pop() == (None, ())
                with pytest.raises(ReservedEventError):
                    alone.of(path).emit("connect")
            with pytest.raises(InvalidPayloadError):
                await asyncio.to_thread(server.of(path).emit, "x", unsendable)
            await asyncio.to_thread(server.of(path).to([]).emit, "x", unsendable)
            async with Server(adapter=bus.make_adapter).lifespan():
                with pytest.raises(InvalidPayloadError):
                    other.emit("x", unsendable)
                # No server has members of this room.
                other.to("red").emit("x", unsendable)
                other.to([]).emit("x", unsendable)
            Link(server)
            for rooms in (["red"], list[str]()):
                with pytest.raises(InvalidPayloadError):
                    server.of(path).to(rooms).emit("x", unsendable)
            with pytest.raises(InvalidPayloadError):
                server.of(path).emit("x", unsendable)
            with pytest.raises(InvalidPayloadError):
                await server.emit_with_ack("x", unsendable)
            with pytest.raises(InvalidPayloadError):
                await Questions(server.to([]), 1).x(unsendable)

    run(scenario())


def test_an_event_is_encoded_as_long_as_a_client_may_come_back_for_it() -> None:
    server = Server(connection_state_recovery=ConnectionStateRecovery())

    async def scenario(stage: Stage) -> None:
        server.environment.checking.always = False
        peer = await stage.open()
        server.to("red").emit("x", {1, 2})
        await peer.send("40")
        await peer.receive()
        await peer.close()
        await asyncio.sleep(1)
        with pytest.raises(InvalidPayloadError):
            server.to("red").emit("x", {1, 2})
        server.to([]).emit("x", {1, 2})

    play_alone(server, scenario)


class Unreachable(MemoryAdapter):
    """An adapter whose way to the other servers is broken."""

    @override
    async def start(self) -> None:
        raise OSError("no way to the other servers")

    @override
    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        super().broadcast(event, target, flags)
        published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        published.set_exception(OSError("not published"))
        return published


def test_an_adapter_that_cannot_start_fails_the_start_of_its_server() -> None:
    async def scenario() -> None:
        with pytest.raises(OSError, match="no way"):
            async with Server(adapter=Unreachable).lifespan():
                pytest.fail("the server has started")

    run(scenario())


def test_who_awaits_a_broadcast_learns_that_it_was_not_published(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(adapter=Unreachable)

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        with pytest.raises(OSError, match="not published"):
            await server.publish("x")
        numbers = Numbers(server.to(sid))
        sends: list[Callable[[Numbers], None]] = [
            lambda to: to.x(1),
            lambda to: to.local.x(1),
            lambda to: to.except_().x(1),
        ]
        for send in sends:
            with pytest.raises(OSError, match="not published"):
                await numbers.publish(send)
        numbers.x(2)
        await peer.expect('42["x"]', *['42["x",1]'] * 3, '42["x",2]')

    play_alone(server, scenario)
    assert "Starting the adapter of namespace '/' failed" in caplog.text
    assert "Publishing an event to the other servers failed" in caplog.text


@pytest.mark.parametrize(("seconds", "missing"), [(0, ""), (1, "bd")])
def test_an_adapter_that_closes_is_no_longer_waited_for(seconds: float, missing: str) -> None:
    async def scenario(world: World) -> None:
        asking = asyncio.ensure_future(world.here.emit_with_ack("x", timeout=50))
        await asyncio.sleep(seconds)
        await world.servers[1].main.adapter.close()
        for name in "abcd":
            assert str(await world.next(name)).endswith('["x"]')
        for name in "ac":
            await world.peers[name].send('430["here"]')
        async with asyncio.timeout(10):
            answers = await asking
        assert list(answers) == ["here", "here"]
        assert answers.missing == {world.sids[name] for name in missing}

    play_on("local bus")(scenario)


def test_what_the_parser_cannot_write_is_refused_before_other_servers_get_it() -> None:
    async def scenario() -> None:
        bus = LocalBus()
        one, two = (Server(adapter=bus.make_adapter, parser=MsgpackParser()) for _ in range(2))
        async with one.lifespan(), two.lifespan():
            with pytest.raises(InvalidPayloadError):
                one.emit("x", 10**400)
            with pytest.raises(InvalidPayloadError):
                await one.emit_with_ack("x", 10**400)

    run(scenario())
