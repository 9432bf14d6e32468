"""What joining, leaving and going away cost, and that nothing is left of those who were there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.runtime.adapters import MemoryAdapter, RoomEvent
from ackord.runtime.server import Server
from ackord.runtime.server.namespace import core_of
from typing_extensions import override

from tests.runtime.server.stage import Stage, play

ROOT: Final = Path(__file__).resolve().parents[3]


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
    """Count the looks at rooms while a socket joins two, leaves one and goes, among so many others
    in so many rooms.
    """
    adapter = MemoryAdapter(core_of(Server().main))
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
    # In a process of its own: what other tests, and what runs them, do at a garbage collection
    # would count as well.
    command = [sys.executable, "-m", "tests.runtime.server.departures"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing is left\n", "")


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
