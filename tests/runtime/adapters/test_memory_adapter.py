from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pytest
from ackord.runtime.adapters import (
    AckCollector,
    BroadcastFlags,
    MemoryAdapter,
    Target,
)
from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server import Server
from ackord.runtime.server.namespace import core_of
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.testing import run

EVENT = EncodedEvent("x", '["x"]')


class Inbox:
    """A recipient that keeps what it is given."""

    def __init__(self, sockets: dict[str, Inbox], sid: str, *, leaves: str | None = None) -> None:
        self.sid = sid
        self.received: list[Prepared] = []
        self.commands: list[object] = []
        self._sockets = sockets
        self._leaves = leaves

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        assert event is EVENT
        assert not flags.volatile
        self.received.append(prepared)
        if self._leaves is not None:
            self._sockets.pop(self._leaves, None)

    def ask(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        self.deliver(event, prepared, flags)
        collector.settle(self.sid, (f'["{self.sid}"]', ()))

    def join(self, *rooms: object) -> None:
        self.commands.append(("join", *rooms))

    def leave(self, *rooms: object) -> None:
        self.commands.append(("leave", *rooms))

    def disconnect(self, close: bool = False) -> None:
        self.commands.append(("disconnect", close))


Make: TypeAlias = Callable[..., tuple[MemoryAdapter, dict[str, Inbox]]]


@pytest.fixture
def make() -> Make:
    """Return what makes the adapter of a namespace, and the sockets with these ids."""

    def make(*sids: str) -> tuple[MemoryAdapter, dict[str, Inbox]]:
        server = Server()
        adapter = server.main.adapter
        assert isinstance(adapter, MemoryAdapter)
        sockets: Any = core_of(server.main).sockets
        for sid in sids:
            sockets[sid] = Inbox(sockets, sid)
            adapter.add_all(sid, [sid])
        return adapter, sockets

    return make


def reached(adapter: MemoryAdapter, sockets: dict[str, Inbox], target: Target) -> dict[str, int]:
    async def broadcast() -> None:
        adapter.broadcast(EVENT, target, BroadcastFlags())

    run(broadcast())
    counts = {sid: len(inbox.received) for sid, inbox in sockets.items() if inbox.received}
    prepared = [each for inbox in sockets.values() for each in inbox.received]
    assert all(each is prepared[0] and each.text == '42["x"]' for each in prepared)
    for inbox in sockets.values():
        inbox.received.clear()
    assert adapter.sockets(target) == set(counts)
    return counts


def target(*rooms: str, except_: tuple[str, ...] = ()) -> Target:
    return Target(frozenset(rooms) or None, frozenset(except_))


def test_without_rooms_everybody_is_reached(make: Make) -> None:
    assert reached(*make("a", "b", "c"), target()) == {"a": 1, "b": 1, "c": 1}


def test_whoever_is_in_several_rooms_is_reached_once(make: Make) -> None:
    adapter, recipients = make("a", "b", "c")
    adapter.add_all("a", ["red", "blue"])
    adapter.add_all("b", ["blue"])
    assert reached(adapter, recipients, target("red", "blue")) == {"a": 1, "b": 1}


def test_rooms_and_sockets_can_be_left_out(make: Make) -> None:
    adapter, recipients = make("a", "b", "c")
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red", "blue"])
    assert reached(adapter, recipients, target(except_=("red",))) == {"c": 1}
    assert reached(adapter, recipients, target("red", except_=("blue",))) == {"a": 1}
    assert reached(adapter, recipients, target("red", except_=("a", "nobody"))) == {"b": 1}


def test_the_own_id_is_a_room(make: Make) -> None:
    assert reached(*make("a", "b"), target("b")) == {"b": 1}


@pytest.mark.parametrize("rooms", [{"nobody"}, ()])
def test_an_unknown_room_and_no_room_reach_nobody(make: Make, rooms: Iterable[str]) -> None:
    assert reached(*make("a"), Target(frozenset(rooms))) == {}


def test_a_socket_that_is_not_connected_yet_is_not_reached(make: Make) -> None:
    adapter, recipients = make("a")
    adapter.add_all("pending", ["red"])
    assert reached(adapter, recipients, target("red")) == {}


def test_a_recipient_that_goes_away_during_a_broadcast_disturbs_nobody(make: Make) -> None:
    adapter, recipients = make()
    for sid, leaves in (("a", "c"), ("b", "a"), ("c", "b")):
        recipients[sid] = Inbox(recipients, sid, leaves=leaves)
        adapter.add_all(sid, [sid, "red"])
    everybody = tuple(recipients.values())

    async def broadcast() -> None:
        adapter.broadcast(EVENT, target("red"), BroadcastFlags())
        adapter.broadcast(EVENT, target(), BroadcastFlags())

    run(broadcast())
    assert all(inbox.received for inbox in everybody)


def test_leaving_all_rooms_forgets_the_socket_and_the_empty_rooms(make: Make) -> None:
    adapter, _ = make("a", "b")
    adapter.add_all("a", ["red", "blue"])
    adapter.add_all("b", ["blue"])
    adapter.del_all("a")
    assert adapter.rooms == {"b": {"b"}, "blue": {"b"}}
    assert adapter.sids == {"b": {"b", "blue"}}
    assert adapter.socket_rooms("a") == frozenset()


def test_room_events_are_told_once(make: Make) -> None:
    adapter, _ = make()
    told: list[tuple[str, str, str | None]] = []
    adapter.on("create-room", lambda room, sid: told.append(("create-room", room, sid)))
    adapter.on("join-room", lambda room, sid: told.append(("join-room", room, sid)))
    adapter.on("leave-room", lambda room, sid: told.append(("leave-room", room, sid)))
    adapter.on("delete-room", lambda room, sid: told.append(("delete-room", room, sid)))
    adapter.add_all("a", ["red"])
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red"])
    adapter.del_("b", "blue")
    adapter.del_("b", "red")
    adapter.del_("b", "red")
    adapter.del_("nobody", "red")
    adapter.del_all("a")
    adapter.del_all("a")
    assert told == [
        ("create-room", "red", None),
        ("join-room", "red", "a"),
        ("join-room", "red", "b"),
        ("leave-room", "red", "b"),
        ("leave-room", "red", "a"),
        ("delete-room", "red", None),
    ]


def close(adapter: MemoryAdapter) -> None:
    run(adapter.close())


@pytest.mark.parametrize("end", [close, MemoryAdapter.discard])
def test_closing_and_discarding_forget_everything_but_listeners(
    make: Make, end: Callable[[MemoryAdapter], None]
) -> None:
    adapter, _ = make("a")
    told: list[str] = []
    adapter.on("create-room", lambda room, _: told.append(room))
    end(adapter)
    assert adapter.rooms == {}
    assert adapter.sids == {}
    assert told == []
    adapter.add_all("a", ["red"])
    assert told == ["red"]


class Ballot:
    """A collector that writes down what it learns."""

    ack_id = 7
    timeout = 1.0

    def __init__(self) -> None:
        self.log: list[tuple[str, object]] = []

    def expect(self, sids: Iterable[str]) -> None:
        self.log.append(("expect", sorted(sids)))

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        self.log.append((sid, outcome))

    def seal(self) -> None:
        self.log.append(("seal", None))


def test_everybody_is_expected_before_anybody_answers(make: Make) -> None:
    adapter, _ = make("a", "b", "c")
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red"])
    ballot = Ballot()

    async def ask() -> None:
        adapter.broadcast_with_ack(EVENT, target("red"), BroadcastFlags(), ballot)
        await asyncio.sleep(0.1)

    run(ask())
    log = [
        entry for entry in ballot.log if entry != ("expect", [])
    ]  # nobody is on the other server
    assert log[0] == ("expect", ["a", "b"])
    assert sorted(log[1:-1]) == [("a", ('["a"]', ())), ("b", ('["b"]', ()))]
    assert log[-1] == ("seal", None)


def test_a_listener_that_raises_keeps_nobody_out_of_a_room(
    make: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    adapter, _ = make()

    def fail(room: str, _: str | None) -> None:
        raise ValueError(room)

    adapter.on("join-room", fail)
    adapter.add_all("a", ["red", "blue"])
    assert adapter.socket_rooms("a") == {"red", "blue"}
    assert caplog.text.count("A listener of 'join-room' failed") == 1  # and the other is counted
    adapter.off("join-room", fail)
    caplog.clear()
    adapter.add_all("b", ["red"])
    assert caplog.text == ""


def test_a_listener_that_changes_rooms_finds_them_consistent(make: Make) -> None:
    adapter, _ = make("a", "b")
    adapter.on(
        "leave-room", lambda _, sid: None if sid is None else adapter.add_all(sid, ["lobby"])
    )
    adapter.add_all("a", ["red"])
    adapter.del_("a", "red")
    assert adapter.socket_rooms("a") == {"a", "lobby"}
    assert adapter.rooms == {"a": {"a"}, "b": {"b"}, "lobby": {"a"}}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("join", ("join", frozenset({"blue"}))),
        ("leave", ("leave", frozenset({"blue"}))),
        ("disconnect", ("disconnect", True)),
    ],
)
def test_commands_reach_the_sockets_of_the_target(make: Make, command: str, told: object) -> None:
    adapter, recipients = make("a", "b", "c")
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red"])

    async def scenario() -> None:
        argument = True if command == "disconnect" else frozenset({"blue"})
        getattr(adapter, command)(target("red", except_=("b",)), BroadcastFlags(), argument)
        await asyncio.sleep(0.1)

    run(scenario())
    assert {sid: inbox.commands for sid, inbox in recipients.items()} == {
        "a": [told],
        "b": [],
        "c": [],
    }
