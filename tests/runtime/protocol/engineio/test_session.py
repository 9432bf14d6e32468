"""Transcripts of the session's machine: inputs with their time, and the actions that come out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ackord.runtime.protocol.engineio.actions import (
    Action,
    AdoptProbe,
    AnswerPoll,
    CloseProbe,
    CloseWebSocket,
    Deliver,
    End,
    Write,
    WriteProbe,
)
from ackord.runtime.protocol.engineio.packet import Packet, decode_payload
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.engineio.session import Session, SessionLimits
from ackord.runtime.protocol.engineio.state import State
from hypothesis import given
from hypothesis import strategies as st

LIMITS = SessionLimits(ping_interval=25, ping_timeout=20, upgrade_timeout=10, max_buffered=1000)


def polling() -> Session:
    return Session(LIMITS, is_websocket=False, now=0)


def websocket() -> Session:
    return Session(LIMITS, is_websocket=True, now=0)


def post(session: Session, body: str | bytes, now: float = 0) -> list[Action]:
    assert session.begin_post(now)
    session.receive_payload(decode_payload(body.encode() if isinstance(body, str) else body), now)
    session.end_post()
    return session.outgoing()


def get(session: Session, now: float = 0) -> list[Action]:
    assert session.poll(now)
    return session.outgoing()


def received(session: Session, message: Packet, now: float = 0) -> list[Action]:
    session.receive(message, now)
    return session.outgoing()


def probed() -> Session:
    session = polling()
    assert session.offer_websocket(0)
    session.receive_probe("2probe", 0)
    assert session.outgoing() == [WriteProbe("3probe")]
    return session


# Long-polling


def test_a_get_takes_all_that_is_buffered_as_one_payload() -> None:
    session = polling()
    session.send("0{}", 0)
    session.send(Prepared("451-[]", [b"\x01\x02\x03\x04"]), 0)
    session.send(b"\x00", 0)
    assert session.outgoing() == []
    assert get(session) == [AnswerPoll("0{}\x1e451-[]\x1ebAQIDBA==\x1ebAA==")]
    assert session.buffered == 0


def test_a_get_without_anything_to_fetch_waits_for_the_flush() -> None:
    session = polling()
    assert get(session) == []
    assert session.writable
    session.send("4a", 1)
    session.send("4b", 1)
    assert not session.writable
    assert session.outgoing() == []
    session.flush(1)
    assert session.outgoing() == [AnswerPoll("4a\x1e4b")]
    assert not session.writable


def test_messages_of_a_payload_are_delivered_in_order() -> None:
    assert post(polling(), "4a\x1ebAA==\x1e6\x1e4b") == [
        Deliver("4a"),
        Deliver(b"\x00"),
        Deliver("4b"),
    ]


def test_a_payload_can_be_taken_in_slices() -> None:
    session = polling()
    payload = decode_payload(b"4a\x1e4b\x1e4c")
    assert session.receive_payload(payload, 0, most=2)
    assert session.outgoing() == [Deliver("4a"), Deliver("4b")]
    assert not session.receive_payload(payload, 0, most=2)
    assert session.outgoing() == [Deliver("4c")]


def test_a_bad_packet_ends_the_session_but_those_before_it_count() -> None:
    session = polling()
    get(session)
    actions = post(session, "4a\x1eabc\x1e4b")
    assert actions == [
        Deliver("4a"),
        AnswerPoll("1"),
        End("parse error", "unknown packet type 'a'"),
    ]
    assert session.is_malformed


@pytest.mark.parametrize("body", ["", "\x1e4a", b"4\xff"])
def test_an_empty_packet_or_bad_utf_8_ends_the_session(body: str | bytes) -> None:
    [end] = post(polling(), body)
    assert isinstance(end, End)
    assert end.reason == "parse error"


def test_a_close_packet_answers_the_get_with_noop_and_drops_what_follows() -> None:
    session = polling()
    get(session)
    assert post(session, "4a\x1e1\x1e4b") == [
        Deliver("4a"),
        AnswerPoll("6"),
        End("transport close"),
    ]
    assert not session.is_malformed


def test_a_second_get_is_refused_and_ends_the_session() -> None:
    session = polling()
    get(session)
    assert not session.poll(1)
    assert session.outgoing() == [AnswerPoll("1"), End("transport error", "overlap from client")]
    assert not session.poll(2)


def test_a_second_post_is_refused_and_ends_the_session() -> None:
    session = polling()
    assert session.begin_post(0)
    assert not session.begin_post(0)
    assert session.outgoing() == [End("transport error", "data request overlap from client")]


def test_an_aborted_get_ends_the_session_once() -> None:
    session = polling()
    get(session)
    session.poll_closed(1)
    session.poll_closed(1)
    assert session.outgoing() == [End("transport error", "poll connection closed prematurely")]


def test_a_client_that_does_not_fetch_what_it_is_sent_is_dropped() -> None:
    session = polling()
    session.send("4" + "x" * 5000, 0)  # one message may exceed the limit
    assert session.is_open
    session.send("4y", 0)
    assert session.outgoing() == [End("transport error", "slow consumer")]
    session.send("4z", 0)
    assert (session.buffered, session.outgoing()) == (0, [])


# Heartbeat


def test_the_server_pings_and_counts_the_interval_from_the_pong() -> None:
    session = websocket()
    assert session.deadline() == 25
    session.expire(25)
    assert session.outgoing() == [Write("2")]
    assert session.deadline() == 45
    assert received(session, "3", 30) == []
    assert session.deadline() == 55


def test_a_missing_pong_is_a_ping_timeout() -> None:
    session = websocket()
    session.expire(25)
    session.outgoing()
    session.expire(44.9)
    assert session.is_open
    session.expire(45)
    assert session.outgoing() == [CloseWebSocket(), End("ping timeout")]
    assert session.deadline() is None


def test_a_ping_waits_in_the_buffer_for_the_next_get() -> None:
    session = polling()
    session.expire(25)
    assert session.outgoing() == []
    assert get(session, 26) == [AnswerPoll("2")]
    assert post(session, "3", 27) == []
    assert session.deadline() == 52


def test_one_other_packet_in_each_cycle_gives_more_time() -> None:
    session = websocket()
    session.expire(25)
    session.outgoing()
    assert session.heartbeat.lenient
    received(session, "4a", 40)
    assert (session.deadline(), session.heartbeat.lenient) == (60, False)
    received(session, "4b", 50)
    assert session.deadline() == 60
    session.expire(60)
    assert session.outgoing()[-1] == End("ping timeout")


def test_a_pong_that_nobody_asked_for_changes_nothing() -> None:
    session = websocket()
    assert received(session, "3", 10) == []
    assert session.deadline() == 25


def test_a_late_timer_gives_no_more_time_and_a_stalled_process_takes_none_away() -> None:
    session = websocket()
    session.expire(25.5)
    assert session.deadline() == 45
    session = websocket()
    session.expire(100)
    assert session.deadline() == 115


def test_a_session_whose_input_is_not_read_is_not_timed_out() -> None:
    session = websocket()
    session.heartbeat.postpone(25)
    assert session.deadline() == 25
    session.expire(25)
    session.outgoing()
    session.heartbeat.postpone(45)
    session.expire(45)
    assert session.is_open
    assert session.deadline() == 65
    for _ in range(5):  # it may have gone: not for ever
        session.heartbeat.postpone(65)
    session.heartbeat.postpone(85)
    assert session.deadline() == 85
    session.receive("3", 84)
    assert session.deadline() == 109


def test_a_ping_from_the_client_has_the_wrong_direction() -> None:
    assert received(websocket(), "2") == [
        CloseWebSocket(),
        End("transport error", "invalid heartbeat direction"),
    ]
    assert post(polling(), "2") == [End("transport error", "invalid heartbeat direction")]


# WebSocket


@pytest.mark.parametrize("message", ["", "abc", "9", "b!"])
def test_a_malformed_message_ends_the_session(message: str) -> None:
    actions = received(websocket(), message)
    assert actions[0] == CloseWebSocket()
    assert isinstance(actions[1], End)
    assert actions[1].reason == "parse error"


@pytest.mark.parametrize("message", ["0", "5", "6", "6x"])
def test_packets_without_a_meaning_are_ignored(message: str) -> None:
    session = websocket()
    assert received(session, message) == []
    assert session.is_open


def test_messages_are_delivered_base64_too() -> None:
    session = websocket()
    assert received(session, "4a") == [Deliver("4a")]
    assert received(session, b"\x00") == [Deliver(b"\x00")]
    assert received(session, "bAQIDBA==") == [Deliver(b"\x01\x02\x03\x04")]


def test_a_close_packet_ends_the_session_at_once() -> None:
    assert received(websocket(), "1") == [CloseWebSocket(), End("transport close")]


def test_a_lost_websocket_ends_the_session_once() -> None:
    session = websocket()
    session.websocket_closed("close code 1006")
    session.websocket_closed()
    assert session.outgoing() == [CloseWebSocket(), End("transport close", "close code 1006")]
    assert received(session, "4a") == []


def test_a_message_that_is_too_big_is_named_in_the_close_frame() -> None:
    session = websocket()
    session.close_with_error("message too big", code=1009)
    assert session.outgoing() == [CloseWebSocket(1009), End("transport error", "message too big")]


# Closing


def test_closing_over_websocket_happens_at_once() -> None:
    session = websocket()
    session.send("4bye", 0)
    session.close("forced close", 0)
    session.close("forced close", 0)
    assert session.outgoing() == [Write("4bye"), CloseWebSocket(), End("forced close")]


def test_closing_with_discard_drops_the_connection() -> None:
    session = websocket()
    session.close("server shutting down", 0, discard=True)
    assert session.outgoing() == [CloseWebSocket(abort=True), End("server shutting down")]


def test_a_parked_get_learns_of_the_close() -> None:
    session = polling()
    get(session)
    session.close("forced close", 1)
    assert session.outgoing() == [AnswerPoll("1"), End("forced close")]


def test_the_next_get_learns_of_the_close() -> None:
    session = polling()
    session.close("forced close", 1)
    assert session.outgoing() == []
    assert not session.is_open
    session.send("4dropped", 1)
    assert post(session, "4ignored", 2) == []
    assert get(session, 3) == [AnswerPoll("6\x1e1"), End("forced close")]


def test_what_is_buffered_is_fetched_before_the_close() -> None:
    session = polling()
    session.send("41", 0)
    session.close("forced close", 0)
    assert get(session, 1) == [AnswerPoll("41")]
    assert get(session, 2) == [AnswerPoll("6\x1e1"), End("forced close")]


def test_a_flush_that_was_due_comes_before_the_close() -> None:
    session = polling()
    get(session)
    session.send("41", 0)
    session.close("forced close", 0)
    assert session.outgoing() == [AnswerPoll("41")]
    assert get(session, 1) == [AnswerPoll("6\x1e1"), End("forced close")]


def test_a_client_that_never_polls_again_is_given_up_after_thirty_seconds() -> None:
    session = polling()
    session.close("forced close", 1)
    assert session.deadline() == 31
    session.expire(31)
    assert session.outgoing() == [End("forced close")]


def test_discard_does_not_wait_for_the_next_get() -> None:
    session = polling()
    session.close("forced close", 1)
    session.close("server shutting down", 2, discard=True)
    assert session.outgoing() == [End("forced close")]


# Upgrade


def test_an_upgrade_moves_what_is_buffered_and_a_ping_to_the_websocket() -> None:
    session = probed()
    prepared = Prepared("451-[]", [b"\x00"])
    session.send("4a", 1)
    session.send(prepared, 1)
    session.receive_probe("5", 2)
    assert session.outgoing() == [AdoptProbe(), Write("4a"), Write(prepared)]
    assert session.state is State.WEBSOCKET
    assert not session.poll(3)
    assert not session.begin_post(3)
    assert not session.offer_websocket(3)
    assert session.outgoing() == []
    assert session.deadline() == 25


def test_a_parked_get_is_released_with_noop_every_hundred_milliseconds() -> None:
    session = probed()
    get(session, 0.05)
    assert session.deadline() == pytest.approx(0.1)
    session.expire(0.1)
    assert session.outgoing() == [AnswerPoll("6")]
    assert session.deadline() == 10
    get(session, 0.15)
    session.expire(0.19)
    assert session.outgoing() == []
    session.expire(0.2)
    assert session.outgoing() == [AnswerPoll("6")]


def test_messages_between_probe_and_upgrade_go_out_by_polling() -> None:
    session = probed()
    get(session, 0.01)
    session.send("4a", 0.02)
    session.flush(0.02)
    assert session.outgoing() == [AnswerPoll("4a")]


def test_a_get_that_is_still_parked_at_the_upgrade_gets_close() -> None:
    session = probed()
    get(session, 0.01)
    session.receive_probe("5", 0.02)
    assert session.outgoing() == [AnswerPoll("1"), AdoptProbe()]


@pytest.mark.parametrize("probes", [0, 1, 3])
@pytest.mark.parametrize("packet", ["5", "5unread"])
def test_the_upgrade_packet_upgrades_after_any_number_of_probes(packet: str, probes: int) -> None:
    session = polling()
    assert session.offer_websocket(0)
    for _ in range(probes):
        session.receive_probe("2probe", 0)
    assert session.outgoing() == [WriteProbe("3probe")] * probes
    get(session, 0.01)
    session.send("4a", 0.02)
    session.receive_probe(packet, 0.02)
    assert session.outgoing() == [AnswerPoll("1"), AdoptProbe(), Write("4a")]
    assert (session.state, session.deadline()) == (State.WEBSOCKET, 25)
    assert received(session, "5") == []
    assert received(session, "4b") == [Deliver("4b")]


def test_the_upgrade_packet_means_nothing_without_an_upgrade() -> None:
    assert received(websocket(), "5") == []
    assert post(polling(), "5") == []


@pytest.mark.parametrize("message", ["2", "3probe", "4a", "", b"\x00", b"5", "b5", "2probe "])
def test_any_other_first_packet_cancels_the_upgrade_only(message: Packet) -> None:
    session = polling()
    assert session.offer_websocket(0)
    session.receive_probe(message, 0)
    assert session.outgoing() == [CloseProbe()]
    assert session.state is State.POLLING
    session.receive_probe("5", 1)
    assert session.outgoing() == []
    assert session.offer_websocket(2)


def test_a_message_before_the_upgrade_packet_cancels_it() -> None:
    session = probed()
    session.receive_probe("4a", 1)
    assert session.outgoing() == [CloseProbe()]
    assert session.state is State.POLLING


def test_a_lost_probe_leaves_the_session_as_it_was() -> None:
    session = probed()
    session.probe_closed()
    assert session.outgoing() == []
    assert session.state is State.POLLING
    assert session.deadline() == 25


def test_an_upgrade_that_is_not_completed_is_cancelled() -> None:
    session = probed()
    assert session.deadline() == 10
    session.expire(10)
    assert session.outgoing() == [CloseProbe()]
    assert session.state is State.POLLING


def test_a_second_websocket_is_refused_while_one_upgrades() -> None:
    assert not probed().offer_websocket(1)


def test_the_end_of_a_session_closes_the_websocket_that_probes() -> None:
    session = probed()
    assert post(session, "1") == [CloseProbe(), End("transport close")]


@pytest.mark.parametrize("probes", [0, 1])
def test_closing_during_an_upgrade_is_told_on_the_websocket(probes: int) -> None:
    session = polling()
    session.offer_websocket(0)
    for _ in range(probes):
        session.receive_probe("2probe", 0)
        assert session.outgoing() == [WriteProbe("3probe")]
    session.send("4bye", 1)
    session.close("forced close", 1)
    assert session.outgoing() == []
    session.receive_probe("5", 2)
    assert session.outgoing() == [
        AdoptProbe(),
        Write("4bye"),
        CloseWebSocket(),
        End("forced close"),
    ]
    assert session.state is State.CLOSED


# Whatever happens


INPUTS = st.sampled_from(
    [
        *(("post", body) for body in ("4a", "3", "1", "2", "x", "", "4a\x1e1\x1e4b", "6")),
        *(("message", text) for text in ("4a", "3", "2", "1", "x", "5", "")),
        *(("probe", text) for text in ("2probe", "5", "4a", "")),
        *(
            (name, "")
            for name in (
                "get",
                "abort",
                "begin",
                "end",
                "offer",
                "lose",
                "probe_closed",
                "send",
                "flush",
                "tick",
                "expire",
            )
        ),
        *((name, "") for name in ("close", "discard", "fail")),
    ]
)


@given(st.booleans(), st.lists(st.tuples(INPUTS, st.floats(0, 40))))
def test_no_sequence_of_inputs_raises_and_the_end_comes_once(
    is_websocket: bool, steps: list[tuple[tuple[str, str], float]]
) -> None:
    session = Session(LIMITS, is_websocket=is_websocket, now=0)
    now = 0.0
    actions: list[Action] = []
    for (name, argument), pause in steps:
        now += pause
        apply(session, name, argument, now)
        deadline = session.deadline()
        assert (deadline is None) == (session.state is State.CLOSED)
        actions += session.outgoing()
    ends = [index for index, action in enumerate(actions) if isinstance(action, End)]
    if session.state is State.CLOSED:
        assert ends == [len(actions) - 1]
    else:
        assert ends == []


def apply(session: Session, name: str, argument: str, now: float) -> None:
    inputs: dict[str, Callable[[], object]] = {
        "post": lambda: session.receive_payload(decode_payload(argument.encode()), now),
        "message": lambda: session.receive(argument, now),
        "probe": lambda: session.receive_probe(argument, now),
        "get": lambda: session.poll(now),
        "abort": lambda: session.poll_closed(now),
        "begin": lambda: session.begin_post(now),
        "end": session.end_post,
        "offer": lambda: session.offer_websocket(now),
        "lose": session.websocket_closed,
        "probe_closed": session.probe_closed,
        "send": lambda: session.send("4" + "x" * 400, now),
        "flush": lambda: session.flush(now),
        "tick": lambda: session.heartbeat.postpone(now),
        "expire": lambda: session.expire(now),
        "close": lambda: session.close("forced close", now),
        "discard": lambda: session.close("server shutting down", now, discard=True),
        "fail": lambda: session.close_with_error("broken"),
    }
    inputs[name]()
