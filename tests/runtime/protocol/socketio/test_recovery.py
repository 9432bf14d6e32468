"""The log of connection state recovery, alone: what is kept, who may come back, and what they
missed.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.protocol.socketio.recovery import (
    ConnectionStateRecovery,
    RecoveryLog,
    RecoverySession,
)
from ackord.runtime.protocol.socketio.recovery_memory import RecoveryMemory
from ackord.runtime.protocol.socketio.room_history import MAX_STAYS, RoomHistory
from hypothesis import given
from hypothesis import strategies as st

NOBODY: frozenset[str] = frozenset()


def make(**options: Any) -> RecoveryLog:
    whole = ConnectionStateRecovery(**options)
    return RecoveryLog(
        whole, "epoch", RecoveryMemory(max_bytes=whole.max_bytes, max_sessions=whole.max_sessions)
    )


def record(
    log: RecoveryLog, *values: Any, rooms: str = "", except_: str = "", now: float = 0
) -> str:
    """Record an event; return its offset."""
    event = log.record(
        encode_plain_event("x", values),
        frozenset(rooms.split()) or None,
        frozenset(except_.split()),
        now,
    )
    offset: str = json.loads(event.arguments)[-1]
    return offset


def join(log: RecoveryLog, name: str = "a", rooms: str = "") -> RecoverySession:
    session = RecoverySession(name, f"secret {name}", RoomHistory(log.recorded))
    for room in (name, *rooms.split()):
        log.note_joined(session, room)
    log.begin(session)
    return session


def missed(log: RecoveryLog, session: RecoverySession | None) -> list[Any] | None:
    if session is None:
        return None
    if log.missing(session) is None:
        return None
    return [json.loads(event.arguments)[1] for event in log.take_missed(session)]


def test_offsets_are_the_last_argument_and_differ() -> None:
    log = make()
    event = log.record(
        EncodedEvent("x", '["x",{"_placeholder":true,"num":0}]', (b".",)), None, NOBODY, 0
    )
    assert event.arguments == '["x",{"_placeholder":true,"num":0},"epoch.1"]'
    assert event.attachments == (b".",)
    assert [record(log) for _ in range(20)] == [f"epoch.{number:x}" for number in range(2, 22)]


def test_a_client_is_told_what_came_after_the_last_event_that_it_saw() -> None:
    log = make()
    session = join(log)
    offset = record(log, 1)
    record(log, 2)
    log.persist(session, 0)
    record(log, 3)
    found = log.claim("secret a", offset, 1)
    assert found is session
    assert missed(log, found) == [2, 3]


def test_a_client_that_saw_nothing_is_told_everything_since_it_joined() -> None:
    log = make()
    record(log, "before")
    session = join(log)
    record(log, 1)
    log.persist(session, 0)
    record(log, 2)
    assert missed(log, log.claim("secret a", None, 1)) == [1, 2]


def test_an_offset_of_an_earlier_session_does_not_bring_back_what_was_before() -> None:
    log = make()
    other = join(log, "b")
    offset = record(log, "seen")
    record(log, "between")
    session = join(log)
    log.persist(session, 0)
    log.persist(other, 0)
    record(log, 1)
    assert missed(log, log.claim("secret a", offset, 1)) == [1]


def test_only_what_was_for_the_client_is_replayed() -> None:
    log = make()
    session = join(log, rooms="red")
    for number, (rooms, except_) in enumerate(
        [
            ("", ""),
            ("a", ""),
            ("b", ""),
            ("red blue", ""),
            ("blue", ""),
            ("", "a"),
            ("", "b"),
            ("red", "red"),
            ("", "red"),
            ("a", "blue"),
        ]
    ):
        record(log, number, rooms=rooms, except_=except_)
    log.persist(session, 0)
    assert missed(log, log.claim("secret a", None, 1)) == [0, 1, 3, 6, 9]


@pytest.mark.parametrize(
    "offset",
    [
        "",
        "x",
        "epoch",
        "epoch.",
        "epoch.-1",
        "epoch.zz",
        "epoch.3",
        "epoch. 1",
        "epoch.1_0",
        "other.1",
        "epoch." + "0" * 100,
    ],
)
def test_an_offset_that_is_none_of_ours_is_no_way_back(offset: str) -> None:
    log = make()
    session = join(log)
    record(log)
    record(log)
    log.persist(session, 0)
    assert log.claim("secret a", offset, 1) is None
    assert log.claim("secret a", "epoch.1", 1) is session


def test_a_client_may_come_back_once_at_a_time_and_is_forgotten_when_it_is_back() -> None:
    log = make()
    session = join(log)
    log.persist(session, 0)
    assert log.claim("secret a", None, 1) is session
    assert log.claim("secret a", None, 1) is None
    log.unclaim(session)
    assert log.claim("secret a", None, 1) is session
    log.discard(session)
    assert log.sessions == {}
    assert log.claim("secret a", None, 1) is None


def test_absent_clients_and_events_expire() -> None:
    log = make(max_disconnection_duration=100)
    log.grace = 10
    session, late = join(log), join(log, "late")
    record(log, 1, now=0)
    log.persist(session, 5)
    log.persist(late, 50)
    record(log, 2, now=60)
    assert log.deadline() == 105
    assert log.claim("secret a", None, 105) is None
    log.expire(105)
    assert set(log.sessions) == {"secret late"}
    assert log.deadline() == 110
    log.expire(110)
    assert log.kept == 1
    assert log.claim("secret late", None, 111) is None, "it missed an event that is kept no longer"
    assert log.claim("secret late", "epoch.1", 111) is late
    log.unclaim(late)
    log.expire(170)
    assert (log.sessions, log.kept, log.size, log.deadline()) == ({}, 0, 0, None)


def test_a_client_that_waits_for_middlewares_does_not_expire_meanwhile() -> None:
    log = make(max_disconnection_duration=10)
    session = join(log)
    log.persist(session, 0)
    assert log.claim("secret a", None, 9) is session
    log.expire(20)
    record(log, 1, now=20)
    assert missed(log, session) == [1]


def test_with_too_many_events_the_oldest_go_and_who_missed_them_cannot_come_back() -> None:
    log = make(max_packets=3)
    early, late = join(log), join(log, "late")
    offsets = [record(log, number) for number in range(5)]
    log.persist(early, 0)
    log.persist(late, 0)
    assert log.kept == 3
    assert log.claim("secret a", None, 1) is None
    assert log.claim("secret a", offsets[0], 1) is None
    assert missed(log, log.claim("secret a", offsets[1], 1)) == [2, 3, 4]
    assert missed(log, log.claim("secret late", offsets[4], 1)) == []


def test_with_too_many_bytes_the_oldest_events_go() -> None:
    log = make(max_bytes=10_000)
    for _ in range(100):
        log.record(EncodedEvent("x", '["x"]', (b"." * 1000, b"." * 1000)), None, NOBODY, 0)
        assert log.size <= 10_000
    assert log.kept == 4
    log.record(EncodedEvent("x", '["x"]', (b"." * 20_000,)), None, NOBODY, 0)
    assert (log.kept, log.size) == (0, 0)


def test_whose_namespaces_hold_most_loses_events_so_that_one_client_pushes_out_nobody_elses() -> (
    None
):
    memory = RecoveryMemory(max_bytes=100_000, max_sessions=10)
    options = ConnectionStateRecovery()
    mine, shared = (RecoveryLog(options, "epoch", memory, owner) for owner in ("203.0.113.1", "/"))
    event = EncodedEvent(
        "x", '["x"]', (b"." * 684,)
    )  # a thousand bytes, with its offset and what it costs beside
    for log, count in ((mine, 20), (shared, 40)):
        for _ in range(count):
            log.record(event, None, NOBODY, 0)
    greedy = [RecoveryLog(options, "epoch", memory, "203.0.113.2") for _ in range(100)]
    for _ in range(30):
        for log in greedy:
            log.record(event, None, NOBODY, 0)
            assert memory.size <= 100_000
    assert memory.size == sum(log.size for log in (mine, shared, *greedy)) > 95_000
    assert (mine.kept, shared.kept) == (20, 40)
    for log in (mine, shared, *greedy):
        log.expire(1000)
    assert memory.size == 0


def test_with_too_many_absent_clients_of_all_namespaces_those_of_the_greediest_address_go() -> None:
    memory = RecoveryMemory(max_bytes=100_000, max_sessions=4)
    options = ConnectionStateRecovery()
    first, second = (RecoveryLog(options, "epoch", memory, owner) for owner in "/x")
    for log, name, client in (
        (first, "a", "1"),
        (second, "b", "2"),
        (second, "c", "2"),
        (first, "d", "2"),
        (second, "e", "2"),
        (first, "f", "3"),
    ):
        session = join(log, name)
        session.client = client
        log.persist(session, 0)
    assert {*first.sessions, *second.sessions} == {"secret a", "secret d", "secret e", "secret f"}


def test_with_too_many_absent_clients_those_who_left_first_go() -> None:
    log = make(max_sessions=2)
    for name in "abc":
        log.persist(join(log, name), 0)
    assert set(log.sessions) == {"secret b", "secret c"}


def test_an_event_that_is_never_replayed_is_marked_only_if_its_end_looks_like_an_offset() -> None:
    log = make()
    record(log)
    endings: list[list[Any]] = [[], [1], ["text"], [{"a": "text"}], [[]]]
    assert [
        log.mark_if_misleading(encode_plain_event("x", values)).arguments for values in endings
    ] == [
        '["x","epoch.1"]',
        '["x",1]',
        '["x","text","epoch.1"]',
        '["x",{"a":"text"}]',
        '["x",[]]',
    ]


@given(st.lists(st.sampled_from(["record", "see", "cut"]), max_size=60), st.integers(1, 10))
def test_whatever_a_client_missed_is_told_once_in_order_or_it_cannot_come_back(
    steps: list[str], max_packets: int
) -> None:
    log = make(max_packets=max_packets)
    session = join(log)
    sent = 0
    seen: list[int] = []
    offset: str | None = None
    pending: list[tuple[int, str]] = []
    for step in steps:
        if step == "record":
            pending.append((sent, record(log, sent)))
            sent += 1
        elif step == "see" and pending:
            number, offset = pending.pop(0)
            seen.append(number)
        elif step == "cut":
            log.persist(session, 0)
            found = log.claim("secret a", offset, 1)
            assert (found is None) == (len(pending) > max_packets)
            if found is None:
                return
            assert log.missing(found) is not None
            events = list(log.take_missed(found))
            log.discard(found)
            session, pending = found, []
            for event in events:
                _, number, offset = json.loads(event.arguments)
                seen.append(number)
            assert seen == list(range(sent))


def test_the_memory_of_what_is_kept_is_bounded_by_what_is_counted() -> None:
    log = make(max_bytes=1_000_000, max_packets=1_000_000, max_sessions=1000)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(5000):
            log.record(
                encode_plain_event("x", (number, "text" * (number % 50))),
                frozenset({"a room"}),
                NOBODY,
                0,
            )
            log.persist(join(log, str(number)), 0)
        kept, sessions, memory = log.kept, len(log.sessions), tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept > 1000
    assert sessions == 1000
    assert memory < 3_000_000, "a megabyte of events and a thousand sessions"


room_sets = st.lists(st.sampled_from("ab"), max_size=2).map(frozenset)
steps = st.one_of(
    st.tuples(st.sampled_from(["join", "leave"]), st.sampled_from("ab")),
    st.tuples(st.just("emit"), st.none() | room_sets, room_sets),
    st.tuples(st.just("see")),
    st.tuples(st.just("cut"), st.integers(0, 1000), st.booleans()),
)


@given(st.lists(steps, min_size=10, max_size=60))
def test_whatever_rooms_a_client_joins_and_leaves_it_is_replayed_what_it_would_have_received(
    happening: list[tuple[Any, ...]],
) -> None:
    log = make()
    session = join(log)
    rooms: set[str] = {"a", "own"}
    log.note_joined(session, "own")
    due: list[tuple[int, str]] = []
    """What the client would have received and hasn't, with the offsets."""
    offset: str | None = None
    for number, step in enumerate(happening):
        match step:
            case ("join", room):
                log.note_joined(session, room)
                rooms.add(room)
            case ("leave", room):
                log.note_left(session, room)
                rooms.discard(room)
            case ("emit", to, except_):
                marked = log.record(encode_plain_event("x", (number,)), to, except_, 0)
                if (to is None or to & rooms) and not except_ & rooms:
                    due.append((number, json.loads(marked.arguments)[-1]))
            case ("see",) if due:
                _, offset = due.pop(0)
            case ("cut", most, is_complete):
                log.persist(session, 0)
                assert log.claim("secret a", offset, 1) is session
                told: list[Any] = []
                while log.missing(session):
                    told += [
                        json.loads(event.arguments)[1]
                        for event in log.take_missed(session, most or 1)
                    ]
                assert told == [number for number, _ in due]
                if is_complete:
                    log.discard(session)
                    offset, due = (due[-1][1] if due else offset), []
                else:
                    log.unclaim(session)
            case _:
                pass
    assert session.history.current - {"own"} == rooms - {"own"}


def test_a_client_that_changes_its_rooms_without_end_costs_little_and_is_told_nothing_wrong() -> (
    None
):
    log = make(max_packets=1_000_000)
    session = join(log)
    offsets: list[str] = []
    for number in range(5000):
        log.note_joined(session, f"room {number % 7}")
        offsets.append(record(log, number, rooms=f"{number % 7}", except_="other"))
        log.note_joined(session, str(number % 7))
        offsets.append(record(log, -number, rooms=str(number % 7)))
        log.note_left(session, str(number % 7))
        log.note_left(session, f"room {number % 7}")
        assert session.history.size <= MAX_STAYS
    log.persist(session, 0)
    assert log.claim("secret a", None, 1) is None, "what it was in at first isn't known any more"
    assert log.claim("secret a", offsets[100], 1) is None
    assert missed(log, log.claim("secret a", offsets[-41], 1)) == [
        -number for number in range(4980, 5000)
    ]


def test_stays_in_which_nothing_was_sent_are_not_kept() -> None:
    log = make()
    session = join(log)
    for _ in range(1000):
        log.note_joined(session, "room")
        log.note_left(session, "room")
    assert session.history.size == 0
    log.note_joined(session, "room")
    record(log, 1)
    for _ in range(1000):
        log.note_left(session, "room")
        log.note_joined(session, "room")
    assert session.history.size == 0
    assert session.history.current == {"a", "room"}


def test_seeing_that_events_are_for_others_is_bounded_as_what_is_told() -> None:
    log = make()
    log.repeat_limit = 16 * 10_000 * 3
    session = join(log)
    for _ in range(10_000):
        record(log, rooms="others")
    log.persist(session, 0)
    attempts = 0
    while (found := log.claim("secret a", None, 1)) is not None:
        assert missed(log, found) == []
        log.unclaim(found)
        attempts += 1
    assert attempts == 4
    assert log.claim("secret a", None, 62) is session
