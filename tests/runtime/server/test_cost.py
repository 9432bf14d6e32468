"""What joining, leaving and going away cost, and that nothing is left of those who were there."""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from ackord.runtime.adapters import MemoryAdapter, RoomEvent
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, run
from typing_extensions import override

from tests.runtime.server.stage import Stage, check_empty, play


class CountingRooms(dict[str, set[str]]):
    """A dict that counts how often it is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.uses = 0

    @override
    def __getitem__(self, key: str) -> set[str]:
        self.uses += 1
        return super().__getitem__(key)

    @override
    def get(self, key: str, default: Any = None) -> Any:
        self.uses += 1
        return super().get(key, default)

    @override
    def __iter__(self) -> Iterator[str]:
        self.uses += len(self)
        return super().__iter__()

    @override
    def values(self) -> Any:
        self.uses += len(self)
        return super().values()

    @override
    def items(self) -> Any:
        self.uses += len(self)
        return super().items()


def uses_of_one_life(others: int, rooms: int) -> int:
    """Count the looks at rooms while a socket joins two, leaves one and goes, among so many others in so many rooms."""
    adapter = MemoryAdapter({})
    adapter.rooms, adapter.sids = by_room, by_sid = CountingRooms(), CountingRooms()
    for number in range(others):
        adapter.add_all(f"s{number}", [f"s{number}", f"room{number % rooms}"])
    by_room.uses = by_sid.uses = 0
    adapter.add_all("me", ["me", "room0", "room1"])
    adapter.del_("me", "room1")
    adapter.del_all("me")
    return by_room.uses + by_sid.uses


def test_a_socket_s_life_costs_the_same_in_a_crowd() -> None:
    """A defect of a peer: its disconnect walks over all rooms of the namespace."""
    assert uses_of_one_life(others=5000, rooms=2500) == uses_of_one_life(others=10, rooms=5) < 20


def test_ten_thousand_clients_leave_no_task_no_timer_no_reference_and_no_memory() -> None:
    server = Server()
    sockets: list[weakref.ref[Socket]] = []

    @server.on("connection")
    async def connected(socket: Socket) -> None:
        sockets.append(weakref.ref(socket))
        socket.join("room", f"own {socket.id}")
        socket.data = {"name": "x" * 1000}

        @socket.on("echo")
        def echo(value: object) -> object:
            return value

        @socket.on("wait")
        async def wait() -> None:
            await asyncio.sleep(1)

        @socket.on("disconnect")
        def gone(_: str) -> None:
            socket.data = None

        socket.emit("never answered", ack=lambda *_: None)

    server.of(re.compile("/dynamic-.*"))

    async def life(link: Link, number: int) -> None:
        peer = await link.raw()
        await peer.receive()
        await peer.send("40", f"40/dynamic-{number % 10},")
        await peer.send('421["echo",1]', '42["wait"]')
        if number % 2:
            await peer.send("41")
        assert (await peer.receive_text()).startswith("40")
        await peer.close()

    async def lives(count: int) -> None:
        link = Link(server)
        for start in range(0, count, 100):
            await asyncio.gather(*(life(link, number) for number in range(start, start + 100)))
            await asyncio.sleep(2)

    async def scenario() -> None:
        await lives(1000)
        await asyncio.sleep(60)
        gc.collect()
        before = sys.getallocatedblocks()
        await lives(9000)
        await asyncio.sleep(60)
        gc.collect()
        count = len(sockets)
        alive = sum(reference() is not None for reference in sockets)
        sockets.clear()
        gc.collect()
        after = sys.getallocatedblocks()
        assert count == 10_000
        assert alive == 0
        assert after - before < 9000, "a block of memory a client, or more"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(server.tasks) == 0
        assert server.engine.sessions == 0
        assert server.connections == frozenset()
        check_empty(server.main)
        assert [name for name in (f"/dynamic-{number}" for number in range(10)) if server.find(name) is not None] == []
        # No timer is left either, the loop's own bookkeeping aside.
        loop: Any = asyncio.get_running_loop()
        assert [handle for handle in loop._scheduled if not handle.cancelled()] == []  # there is no public list
        await server.close()

    run(scenario(), limit=100_000)


@pytest.mark.parametrize("name", ["create-room", "delete-room", "join-room", "leave-room"])
def test_room_events_of_a_namespace_are_told_from_connect_to_disconnect(name: RoomEvent) -> None:
    server = Server()
    told: list[tuple[str, str | None]] = []

    async def scenario(stage: Stage) -> None:
        server.main.adapter.on(name, lambda room, sid: told.append((room, sid)))
        peer, sid = await stage.join()
        server.main.sockets[sid].join("red", "red")
        server.main.sockets[sid].join("red")
        await peer.close()
        await asyncio.sleep(1)
        if name in {"create-room", "delete-room"}:
            assert sorted(told) == sorted([(sid, None), ("red", None)])
        else:
            assert sorted(told) == sorted([(sid, sid), ("red", sid)])

    play(server, scenario)
