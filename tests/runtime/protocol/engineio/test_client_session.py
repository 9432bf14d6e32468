from __future__ import annotations

import json

import pytest
from ackord.runtime.protocol.engineio.client_session import (
    ClientSession,
)
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.open_packet import MAX_OPEN_PACKET
from ackord.runtime.protocol.engineio.state import ClientState
from hypothesis import given
from hypothesis import strategies as st

OPEN = '0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'


def opened(now: float = 0.0) -> ClientSession:
    session = ClientSession(now, open_timeout=20.0)
    assert session.receive(OPEN, now) is None
    return session


def open_packet(**changes: object) -> str:
    fields: dict[str, object] = {
        "sid": "abc",
        "upgrades": [],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1000000,
    }
    return "0" + json.dumps(fields | changes)


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "0",
        "0null",
        "0[]",
        '0"x"',
        "0{",
        "4hello",
        "1",
        "2",
        "0" + "[" * 10_000,
        OPEN + " " * MAX_OPEN_PACKET,
        open_packet(sid=""),
        open_packet(sid=7),
        open_packet(sid=None),
        open_packet(sid="x" * 2000),
        open_packet(pingInterval="25000"),
        open_packet(pingInterval=True),
        open_packet(pingInterval=None),
        open_packet(pingInterval=-1),
        open_packet(pingInterval=1e300),
        open_packet(pingTimeout=float("nan")),
        open_packet(pingTimeout=float("inf")),
        open_packet(pingInterval=0, pingTimeout=0),
        open_packet(pingTimeout=10**400),
        open_packet(maxPayload=0),
        open_packet(maxPayload=1.5),
        open_packet(maxPayload=True),
        open_packet(upgrades="websocket"),
        open_packet(upgrades=[1]),
    ],
)
def test_a_bad_open_packet_closes_with_parse_error(packet: str) -> None:
    session = ClientSession(0.0, open_timeout=20.0)
    with pytest.raises(MalformedPacketError):
        session.receive(packet, 1.0)
    assert session.state is ClientState.CLOSED
    assert session.close_reason == "parse error"


def test_a_binary_first_message_closes_with_parse_error() -> None:
    session = ClientSession(0.0, open_timeout=20.0)
    with pytest.raises(MalformedPacketError):
        session.receive(b"\x00", 1.0)
    assert session.close_reason == "parse error"


def test_messages_of_both_kinds_pass_through() -> None:
    session = opened()
    assert session.receive('42["hello"]', 1.0) == '42["hello"]'
    assert session.receive(b"\x01\x02", 1.0) == b"\x01\x02"
    assert session.outgoing() == []


def test_a_ping_is_answered_once_and_moves_the_deadline() -> None:
    session = opened(now=100.0)
    assert session.deadline() == 145.0
    assert session.receive("2", 130.0) is None
    assert session.outgoing() == ["3"]
    assert session.outgoing() == []
    assert session.deadline() == 175.0


def test_only_pings_move_the_deadline() -> None:
    session = opened()
    for message in ('42["x"]', b"x", "3", "6"):
        session.receive(message, 30.0)
    assert session.deadline() == 45.0


def test_silence_beyond_the_deadline_is_a_ping_timeout() -> None:
    session = opened()
    assert not session.expire(44.9)
    assert session.expire(45.0)
    assert session.close_reason == "ping timeout"
    assert session.deadline() is None
    assert not session.expire(99.0)


def test_a_session_that_is_never_opened_expires() -> None:
    session = ClientSession(5.0, open_timeout=20.0)
    assert session.deadline() == 25.0
    assert session.expire(25.0)


def test_a_close_packet_closes_as_the_transport_would() -> None:
    session = opened()
    assert session.receive("1", 1.0) is None
    assert session.close_reason == "transport close"
    assert session.receive('42["late"]', 2.0) is None


@pytest.mark.parametrize("packet", ["", "0{}", OPEN, "5", "7", "9", "x", "bAQID", "²"])
def test_a_packet_that_no_server_sends_closes_with_parse_error(packet: str) -> None:
    session = opened()
    with pytest.raises(MalformedPacketError):
        session.receive(packet, 1.0)
    assert session.close_reason == "parse error"


def test_the_first_reason_to_close_stays() -> None:
    session = opened()
    session.close("io client disconnect")
    session.close("transport error")
    assert session.close_reason == "io client disconnect"


def polling() -> ClientSession:
    session = ClientSession(0.0, open_timeout=20.0, transport="polling")
    session.receive(OPEN, 0.0)
    return session


def test_an_upgrade_leads_to_a_websocket() -> None:
    session = polling()
    assert session.can_upgrade
    assert session.probe() == "2probe"
    assert (session.may_send, session.can_upgrade) == (True, False)
    assert session.receive("4over polling", 1.0) == "4over polling"
    assert session.receive_probe("3probe")
    assert (session.may_send, session.is_open, session.transport) == (False, True, "polling")
    assert session.receive("2", 2.0) is None
    assert session.outgoing() == ["3"]
    assert session.upgrade() == "5"
    assert (session.may_send, session.transport, session.deadline()) == (True, "websocket", 47.0)
    assert not session.can_upgrade
    session.cancel_upgrade()
    assert session.transport == "websocket"


@pytest.mark.parametrize(
    "answer", ["3", "3prob", "3probe ", "2probe", "4hello", "6", "", b"3probe"]
)
def test_any_other_answer_to_the_probe_leaves_the_session_as_it_was(answer: str | bytes) -> None:
    session = polling()
    session.probe()
    assert not session.receive_probe(answer)
    assert (session.state, session.transport) == (ClientState.OPEN, "polling")
    assert session.can_upgrade


def test_a_session_that_ends_during_an_upgrade_has_ended() -> None:
    for steps in range(3):
        session = polling()
        if steps:
            session.probe()
        if steps > 1:
            session.receive_probe("3probe")
        session.close("transport error")
        session.cancel_upgrade()
        assert (session.is_open, session.can_upgrade) == (False, False)
        assert not session.receive_probe("3probe")


@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.binary(max_size=5),
            st.sampled_from([OPEN, "2", "1", '42["x"]']),
        ),
        max_size=10,
    )
)
def test_whatever_a_server_sends_either_passes_or_closes(messages: list[str | bytes]) -> None:
    session = ClientSession(0.0, open_timeout=20.0)
    for now, message in enumerate(messages):
        try:
            passed = session.receive(message, now)
        except MalformedPacketError:
            assert session.close_reason == "parse error"
        else:
            assert passed is None or passed == message
