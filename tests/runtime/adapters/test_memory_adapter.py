from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from ackord.runtime.adapters import AckCollector, BroadcastFlags, MemoryAdapter, Target
from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply

EVENT = EncodedEvent("x", '["x"]')
PREPARED = Prepared('42["x"]')


class Inbox:
    """A recipient that keeps what it is given."""

    def __init__(
        self, recipients: dict[str, Inbox], sid: str = "", *, leaves: str | None = None
    ) -> None:
        self.sid = sid
        self.received: list[Prepared] = []
        self._recipients = recipients
        self._leaves = leaves

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        assert event is EVENT
        assert not flags.volatile
        self.received.append(prepared)
        if self._leaves is not None:
            self._recipients.pop(self._leaves, None)

    def ask(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        self.deliver(event, prepared, flags)
        collector.settle(self.sid, (f'["{self.sid}"]', ()))


def make(*sids: str) -> tuple[MemoryAdapter, dict[str, Inbox]]:
    recipients: dict[str, Inbox] = {}
    adapter = MemoryAdapter(recipients)
    for sid in sids:
        recipients[sid] = Inbox(recipients, sid)
        adapter.add_all(sid, [sid])
    return adapter, recipients


def reached(adapter: MemoryAdapter, recipients: dict[str, Inbox], target: Target) -> dict[str, int]:
    adapter.broadcast(EVENT, PREPARED, target, BroadcastFlags())
    counts = {sid: len(inbox.received) for sid, inbox in recipients.items() if inbox.received}
    for inbox in recipients.values():
        assert all(prepared is PREPARED for prepared in inbox.received)
        inbox.received.clear()
    assert adapter.sockets(target) == set(counts)
    return counts


def target(*rooms: str, except_: tuple[str, ...] = ()) -> Target:
    return Target(frozenset(rooms), frozenset(except_))


def test_without_rooms_everybody_is_reached() -> None:
    assert reached(*make("a", "b", "c"), target()) == {"a": 1, "b": 1, "c": 1}


def test_whoever_is_in_several_rooms_is_reached_once() -> None:
    adapter, recipients = make("a", "b", "c")
    adapter.add_all("a", ["red", "blue"])
    adapter.add_all("b", ["blue"])
    assert reached(adapter, recipients, target("red", "blue")) == {"a": 1, "b": 1}


def test_rooms_and_sockets_can_be_left_out() -> None:
    adapter, recipients = make("a", "b", "c")
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red", "blue"])
    assert reached(adapter, recipients, target(except_=("red",))) == {"c": 1}
    assert reached(adapter, recipients, target("red", except_=("blue",))) == {"a": 1}
    assert reached(adapter, recipients, target("red", except_=("a", "nobody"))) == {"b": 1}


def test_the_own_id_is_a_room() -> None:
    assert reached(*make("a", "b"), target("b")) == {"b": 1}


def test_an_unknown_room_reaches_nobody() -> None:
    assert reached(*make("a"), target("nobody")) == {}


def test_a_socket_that_is_not_connected_yet_is_not_reached() -> None:
    adapter, recipients = make("a")
    adapter.add_all("pending", ["red"])
    assert reached(adapter, recipients, target("red")) == {}


def test_a_recipient_that_goes_away_during_a_broadcast_disturbs_nobody() -> None:
    recipients: dict[str, Inbox] = {}
    adapter = MemoryAdapter(recipients)
    for sid, leaves in (("a", "c"), ("b", "a"), ("c", "b")):
        recipients[sid] = Inbox(recipients, leaves=leaves)
        adapter.add_all(sid, [sid, "red"])
    everybody = tuple(recipients.values())
    adapter.broadcast(EVENT, PREPARED, target("red"), BroadcastFlags())
    adapter.broadcast(EVENT, PREPARED, target(), BroadcastFlags())
    assert all(inbox.received for inbox in everybody)


def test_leaving_all_rooms_forgets_the_socket_and_the_empty_rooms() -> None:
    adapter, _ = make("a", "b")
    adapter.add_all("a", ["red", "blue"])
    adapter.add_all("b", ["blue"])
    adapter.del_all("a")
    assert adapter.rooms == {"b": {"b"}, "blue": {"b"}}
    assert adapter.sids == {"b": {"b", "blue"}}
    assert adapter.socket_rooms("a") == frozenset()


def test_room_events_are_told_once() -> None:
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


def test_closing_forgets_everything() -> None:
    adapter, _ = make("a")
    asyncio.run(adapter.close())
    assert adapter.rooms == {}
    assert adapter.sids == {}


class Ballot:
    """A collector that writes down what it learns."""

    ack_id = 7

    def __init__(self) -> None:
        self.log: list[tuple[str, object]] = []

    def expect(self, sids: Iterable[str]) -> None:
        self.log.append(("expect", sorted(sids)))

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        self.log.append((sid, outcome))

    def seal(self) -> None:
        self.log.append(("seal", None))


def test_everybody_is_expected_before_anybody_answers() -> None:
    adapter, _ = make("a", "b", "c")
    adapter.add_all("a", ["red"])
    adapter.add_all("b", ["red"])
    ballot = Ballot()
    adapter.broadcast_with_ack(EVENT, PREPARED, target("red"), BroadcastFlags(), ballot)
    assert ballot.log[0] == ("expect", ["a", "b"])
    assert sorted(ballot.log[1:-1]) == [("a", ('["a"]', ())), ("b", ('["b"]', ()))]
    assert ballot.log[-1] == ("seal", None)


def test_a_listener_that_raises_keeps_nobody_out_of_a_room(
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


def test_a_listener_that_changes_rooms_finds_them_consistent() -> None:
    adapter, _ = make("a", "b")
    adapter.on(
        "leave-room", lambda _, sid: None if sid is None else adapter.add_all(sid, ["lobby"])
    )
    adapter.add_all("a", ["red"])
    adapter.del_("a", "red")
    assert adapter.socket_rooms("a") == {"a", "lobby"}
    assert adapter.rooms == {"a": {"a"}, "b": {"b"}, "lobby": {"a"}}
