"""Dynamic namespaces, asked from a server that has no client in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.server import Namespace, ParentNamespace, Server, unused
from ackord.runtime.testing import RawPeer, run

from tests.runtime.adapters.ways import PAUSE, eventually, parameters, play_servers
from tests.runtime.server.stage import Stage

Scenario: TypeAlias = Callable[[Server, Namespace, RawPeer, str], Awaitable[None]]


def parent_of(server: Server) -> ParentNamespace:
    """Make the dynamic namespace; a checker can't see that a text is a template."""
    parent = server.of("/dyn/{id}")
    assert isinstance(parent, ParentNamespace)
    return parent


@pytest.fixture(params=parameters(least=2))
def play(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Run a scenario with two servers; a client of the second one is in "/dyn/1", in the room
    "red".

    The scenario gets the first server, the namespace on the second one, and the client with its id.
    """

    def play(scenario: Scenario) -> None:
        async def main(servers: list[Server]) -> None:
            here, there = (parent_of(server) for server in servers)

            def tell(value: Any) -> None:
                there.local.emit("told", value)

            there.on_server_side("told", tell)
            there.on_server_side("where", lambda: "there")
            async with servers[0].lifespan(), servers[1].lifespan():
                peer, sid = await Stage(servers[1]).join("/dyn/1")
                child = there.children["/dyn/1"]
                child.sockets[sid].join("red")
                child.sockets[sid].data = {"name": "a"}

                async def hears() -> bool:
                    """Whether the room's channel is subscribed to."""
                    here.at("/dyn/1").to("red").emit("probe")
                    try:
                        await peer.receive(timeout=PAUSE)
                    except AssertionError:
                        return False
                    return True

                await eventually(hears)
                await here.at("/dyn/1").publish("end")
                while not (await peer.receive_text()).startswith('42/dyn/1,["end"'):
                    pass
                await scenario(servers[0], child, peer, sid)

        play_servers(request.param, main)

    return play


def test_events_and_commands_reach_its_clients_and_leave_nothing_here(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(server: Server, there: Namespace, peer: RawPeer, sid: str) -> None:
        parent = parent_of(server)
        here = parent.at("/dyn/1")
        for target in (here, here.to("red"), here.to(sid), here.except_("blue")):
            target.emit("x", 1)
            await peer.expect('42/dyn/1,["x",1]')
        here.to("blue").emit("x", 2)
        await asyncio.to_thread(here.to("red").emit, "x", 3)
        await peer.expect('42/dyn/1,["x",3]')
        here.server_side_emit("told", 4)
        await peer.expect('42/dyn/1,["told",4]')
        here.to("red").sockets_join("blue")
        here.to("red").sockets_leave("red")
        await here.to("blue", "green").publish("x", 5)
        await peer.expect('42/dyn/1,["x",5]')
        assert there.sockets[sid].rooms == {sid, "blue"}
        assert parent.children == {}
        here.disconnect_sockets()
        await peer.expect("41/dyn/1,")

    play(scenario)


def test_its_clients_and_servers_answer(play: Callable[[Scenario], None]) -> None:
    async def scenario(server: Server, there: Namespace, peer: RawPeer, sid: str) -> None:
        parent = parent_of(server)
        here = parent.at("/dyn/1")

        async def answer() -> None:
            packet = await peer.receive_text()
            number = packet.removeprefix("42/dyn/1,").removesuffix('["x"]')
            await peer.send(f"43/dyn/1,{number}[7]")

        asking: asyncio.Future[Any] = asyncio.ensure_future(here.emit_with_ack("x", timeout=5))
        await answer()
        assert (await asking).by_sid == {sid: 7}
        (found,) = await here.fetch_sockets()
        assert (found.id, set(found.rooms), found.data) == (sid, {sid, "red"}, {"name": "a"})
        assert await here.server_side_emit_with_ack("where", timeout=5) == ["there"]
        assert list(parent.children) == ["/dyn/1"]
        mine, _ = await Stage(server).join("/dyn/1")
        here.emit("x", 2)
        await peer.expect('42/dyn/1,["x",2]')
        await mine.expect('42/dyn/1,["x",2]')

    play(scenario)


@pytest.mark.parametrize("ask", ["fetch_sockets", "server_side_emit_with_ack", "emit_with_ack"])
def test_the_first_question_waits_until_the_namespace_is_in_the_cluster(
    play: Callable[[Scenario], None], ask: str
) -> None:
    async def scenario(server: Server, there: Namespace, peer: RawPeer, sid: str) -> None:
        parent = parent_of(server)
        here = parent.at("/dyn/1")
        if ask == "fetch_sockets":
            assert len(await here.fetch_sockets()) == 1
        elif ask == "server_side_emit_with_ack":
            assert await here.server_side_emit_with_ack("where", timeout=5) == ["there"]
        else:
            asking: asyncio.Future[Any] = asyncio.ensure_future(here.emit_with_ack("x", timeout=5))
            await peer.receive()
            await peer.send("41/dyn/1,")
            assert (await asking).missing == {sid}

    play(scenario)


def test_what_the_application_asked_for_is_removed_and_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unused, "MAX_UNUSED", 3)

    async def main(servers: list[Server]) -> None:
        one, two = servers
        two.of("/dyn/{id}")
        parent = parent_of(one)
        async with one.lifespan(), two.lifespan():
            kept = one.of("/dyn/0")
            peer, _ = await Stage(one).join("/dyn/used")
            for number in range(1, 6):
                one.of(f"/dyn/{number}")
            assert set(parent.children) == {"/dyn/used", "/dyn/3", "/dyn/4", "/dyn/5"}
            await asyncio.sleep(unused.UNUSED_TIMEOUT + 1)
            assert set(parent.children) == {"/dyn/used"}
            again, _ = await Stage(one).join("/dyn/0")
            far, _ = await Stage(two).join("/dyn/0")
            kept.emit("x", 1)  # of a namespace that was removed
            for each in (again, far):
                await each.expect('42/dyn/0,["x",1]')
            assert len(await kept.fetch_sockets()) == 2
            parent.at("/dyn/used").emit("x", 2)
            await peer.expect('42/dyn/used,["x",2]')
            with pytest.raises(UsageError, match="isn't a namespace"):
                parent.at("/other")

    play_servers("local bus", main, ping_interval=300, ping_timeout=300)


def test_a_server_alone_makes_nothing_for_namespaces_without_clients() -> None:
    async def main() -> None:
        server = Server()
        parent = parent_of(server)
        async with server.lifespan():
            namespace = parent.at("/dyn/1")
            namespace.emit("x", {1, 2})  # not even encoded
            namespace.sockets_join("red")
            assert await namespace.fetch_sockets() == []
            assert await namespace.emit_with_ack("x") == ()
            assert await namespace.server_side_emit_with_ack("x") == []
            assert parent.children == {}

    run(main())


def test_a_namespace_that_is_removed_and_made_again_at_once_is_still_in_the_cluster(
    play: Callable[[Scenario], None],
) -> None:
    async def scenario(server: Server, there: Namespace, peer: RawPeer, sid: str) -> None:
        here = parent_of(server).at("/dyn/1")
        for number in range(5):
            await peer.send("41/dyn/1,", "40/dyn/1,")
            await peer.receive()
            await asyncio.sleep(PAUSE)  # the one that was removed has left the cluster
            here.emit("x", number)
            await peer.expect(f'42/dyn/1,["x",{number}]')
        assert len(await here.fetch_sockets()) == 1

    play(scenario)
