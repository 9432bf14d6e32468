from __future__ import annotations

import asyncio
from typing import Any

from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import RawPeer

from tests.runtime.server.stage import Stage, check_empty, play


async def crowd(stage: Stage, count: int) -> list[tuple[RawPeer, Socket]]:
    members: list[tuple[RawPeer, Socket]] = []
    for _ in range(count):
        peer, sid = await stage.join()
        members.append((peer, stage.server.main.sockets[sid]))
    return members


async def reached(members: list[tuple[RawPeer, Socket]], packet: str) -> list[int]:
    """Tell who gets the packet, and that nobody gets it twice."""
    found: list[int] = []
    for number, (peer, socket) in enumerate(members):
        socket.emit("end")
        first = await peer.receive()
        if first == packet:
            found.append(number)
            first = await peer.receive()
        assert first == '42["end"]'
    return found


def test_whom_a_broadcast_reaches() -> None:
    async def scenario(stage: Stage) -> None:
        server = stage.server
        members = await crowd(stage, 4)
        (_, a), (_, b), (_, c), (_, d) = members
        a.join("red")
        b.join(["red", "blue"])
        c.join("blue", "green")
        everybody = [0, 1, 2, 3]

        async def check(operator: Any, expected: list[int]) -> None:
            await asyncio.sleep(0)  # in the turn of another event, a volatile one is dropped
            operator.emit("x", 1)
            assert await reached(members, '42["x",1]') == expected

        await check(server, everybody)
        await check(server.main, everybody)
        await check(server.to("red"), [0, 1])
        await check(server.to("red").to("blue"), [0, 1, 2])
        await check(server.in_("red", "blue"), [0, 1, 2])
        await check(server.to(["red", "green"]), [0, 1, 2])
        await check(server.except_("red"), [2, 3])
        await check(server.to("red").except_("blue"), [0])
        await check(server.to(d.id), [3])
        await check(server.except_(d.id), [0, 1, 2])
        await check(server.to("nobody"), [])
        await check(server.local, everybody)
        await check(server.volatile.to("red"), [0, 1])
        await check(server.compress(False).to("red"), [0, 1])
        await check(a.broadcast, [1, 2, 3])
        await check(a.to("red"), [1])
        await check(a.in_("red", "blue"), [1, 2])
        await check(a.except_("blue"), [3])
        await check(a.to(a.id), [])
        await check(a.local, [1, 2, 3])
        await check(a.volatile.to("blue"), [1, 2])
        await check(a.compress(False).broadcast.volatile.except_("green"), [1, 3])
        operator = server.to("red")
        operator.to("blue")
        await check(operator, [0, 1])

    play(Server(), scenario)


def test_send_is_the_event_message() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        stage.server.send("all", b"\1")
        stage.server.main.send("all")
        socket.send("one")
        socket.compress(False).send("one")
        await peer.expect(
            '451-["message","all",{"_placeholder":true,"num":0}]', b"\1", '42["message","all"]'
        )
        await peer.expect('42["message","one"]', '42["message","one"]')

    play(Server(), scenario)


def test_a_broadcast_stays_in_its_namespace() -> None:
    server = Server()
    chat = server.of("/chat")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await stage.enter(peer, "/chat")
        chat.emit("chat")
        server.emit("main")
        await peer.expect('42/chat,["chat"]', '42["main"]')

    play(server, scenario)


def test_rooms_can_be_left() -> None:
    async def scenario(stage: Stage) -> None:
        members = await crowd(stage, 2)
        (_, a), (_, b) = members
        a.join("red", "blue")
        b.join("red")
        assert a.rooms == {a.id, "red", "blue"}
        a.leave("red")
        a.leave("never joined")
        assert a.rooms == {a.id, "blue"}
        stage.server.to("red").emit("x")
        assert await reached(members, '42["x"]') == [1]

    play(Server(), scenario)


def test_sockets_can_be_fetched_moved_and_disconnected_together() -> None:
    async def scenario(stage: Stage) -> None:
        server = stage.server
        members = await crowd(stage, 3)
        (peer_a, a), (peer_b, b), (peer_c, c) = members
        a.join("red")
        b.join("red")
        assert {socket.id for socket in await server.fetch_sockets()} == {a.id, b.id, c.id}
        assert {socket.id for socket in await server.in_("red").except_(b.id).fetch_sockets()} == {
            a.id
        }
        server.in_("red").sockets_join("blue", "green")
        assert a.rooms == {a.id, "red", "blue", "green"}
        server.sockets_join("all")
        server.in_("red").sockets_leave("blue")
        server.sockets_leave("green")
        assert b.rooms == {b.id, "red", "all"}
        assert c.rooms == {c.id, "all"}
        server.in_("red").except_(b.id).disconnect_sockets()
        await peer_a.expect("41")
        server.main.disconnect_sockets(close=True)
        await peer_b.expect("41")
        await peer_b.expect_close()
        await peer_c.expect("41")
        await peer_c.expect_close()
        check_empty(server.main)

    play(Server(), scenario)


def test_a_volatile_event_is_dropped_by_a_client_that_cannot_take_it() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        socket.volatile.emit("first")
        socket.volatile.emit("dropped")
        stage.server.volatile.emit("dropped, too")
        socket.emit("kept")
        await peer.expect('42["first"]', '42["kept"]')
        await asyncio.sleep(0)
        stage.server.volatile.emit("taken")
        await peer.expect('42["taken"]')

    play(Server(), scenario)


def test_a_socket_that_is_gone_can_no_longer_join() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        await peer.close()
        await asyncio.sleep(1)
        socket.join("red")
        socket.emit("nobody hears it")
        assert socket.rooms == frozenset()
        check_empty(stage.server.main)

    play(Server(), scenario)
