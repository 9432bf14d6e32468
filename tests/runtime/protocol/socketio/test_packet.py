from __future__ import annotations

import pytest
from ackord.runtime.protocol.socketio.errors import (
    AttachmentError,
    MalformedPacketError,
    PacketError,
)
from ackord.runtime.protocol.socketio.packet import (
    MAX_ACK_DIGITS,
    MAX_NAMESPACE,
    PacketHeader,
    encode_ack,
    encode_connect,
    encode_connect_error,
    encode_disconnect,
    encode_event,
    namespace_prefix,
    scan_header,
)
from hypothesis import given
from hypothesis import strategies as st

# One table drives the scanner and the encoders: packet, header without the payload's index,
# payload.
PACKETS: list[tuple[str, PacketHeader, str]] = [
    ("40", (0, 0, "/", None, 2), ""),
    ('40{"token":"123"}', (0, 0, "/", None, 2), '{"token":"123"}'),
    ("40/admin,", (0, 0, "/admin", None, 9), ""),
    ('40/admin,{"sid":"x"}', (0, 0, "/admin", None, 9), '{"sid":"x"}'),
    ("41", (1, 0, "/", None, 2), ""),
    ("41/admin,", (1, 0, "/admin", None, 9), ""),
    ('42["foo"]', (2, 0, "/", None, 2), '["foo"]'),
    ('42/admin,["bar",1]', (2, 0, "/admin", None, 9), '["bar",1]'),
    ('4212["foo"]', (2, 0, "/", 12, 4), '["foo"]'),
    ('42/admin,13["x"]', (2, 0, "/admin", 13, 11), '["x"]'),
    ("4312[]", (3, 0, "/", 12, 4), "[]"),
    ('43/admin,13["bar"]', (3, 0, "/admin", 13, 11), '["bar"]'),
    ('44{"message":"Not authorized"}', (4, 0, "/", None, 2), '{"message":"Not authorized"}'),
    (
        '44/random,{"message":"Invalid namespace"}',
        (4, 0, "/random", None, 10),
        '{"message":"Invalid namespace"}',
    ),
    ('451-["baz",{}]', (5, 1, "/", None, 4), '["baz",{}]'),
    ('452-/admin,["baz",{}]', (5, 2, "/admin", None, 11), '["baz",{}]'),
    ('451-/admin,13["x",{}]', (5, 1, "/admin", 13, 13), '["x",{}]'),
    ('461-15["bar",{}]', (6, 1, "/", 15, 6), '["bar",{}]'),
]


def encode(header: PacketHeader, payload: str) -> str:
    kind, attachments, namespace, ack_id, _ = header
    prefix = namespace_prefix(namespace)
    match kind:
        case 0:
            return encode_connect(prefix, payload)
        case 1:
            return encode_disconnect(prefix)
        case 4:
            return encode_connect_error(prefix, payload)
        case 2 | 5:
            return encode_event(prefix, payload, attachments, ack_id)
        case _:
            assert ack_id is not None
            return encode_ack(prefix, ack_id, payload, attachments)


@pytest.mark.parametrize(("text", "header", "payload"), PACKETS)
def test_the_scanner_reads_what_the_encoders_write(
    text: str, header: PacketHeader, payload: str
) -> None:
    assert scan_header(text, 1) == header
    assert text[header[4] :] == payload
    assert encode(header, payload) == text


@pytest.mark.parametrize(("text", "header", "payload"), PACKETS)
def test_a_packet_is_read_wherever_it_begins(text: str, header: PacketHeader, payload: str) -> None:
    moved = scan_header("…" * 7 + text[1:], 7)
    assert moved == (*header[:4], header[4] + 6)
    assert payload == ("…" * 7 + text[1:])[moved[4] :]


@pytest.mark.parametrize("text", ["40/custom", "41/custom"])
def test_the_comma_after_a_namespace_may_be_missing_at_the_end(text: str) -> None:
    assert scan_header(text, 1)[2:] == ("/custom", None, len(text))


@pytest.mark.parametrize("text", ["40/", "40/,", "42/,[1]"])
def test_the_main_namespace_may_be_spelled_out(text: str) -> None:
    assert scan_header(text, 1)[2] == "/"


def test_a_namespace_is_literal_up_to_the_comma() -> None:
    assert scan_header('2/a?b=[1]"2,3["x"]') == (2, 0, '/a?b=[1]"2', 3, 13)


@pytest.mark.parametrize("text", ["2", "21", "3", "3/admin,"])
def test_a_missing_payload_is_an_empty_one(text: str) -> None:
    assert scan_header(text)[4] == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "9[]",
        "a",
        "²",
        "2{}",
        '2abc["x"]',
        '21.5["x"]',
        '2-1["x"]',
        '2 1["x"]',
        '2²["x"]',
        '2\N{ARABIC-INDIC DIGIT ONE}["x"]',
        '2"x"',
        "3{}",
        "3null",
    ],
)
def test_a_malformed_header_is_refused(text: str) -> None:
    with pytest.raises(MalformedPacketError):
        scan_header(text)


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "51",
        "5-",
        "5a-[]",
        "51.5-[]",
        "5-1-[]",
        "51e1-[]",
        "50-[]",
        "5000-[]",
        "5²-[]",
        "511111-[]",
        "6[]",
    ],
)
def test_a_malformed_attachment_count_is_refused(text: str) -> None:
    with pytest.raises(AttachmentError):
        scan_header(text)


def test_an_ack_id_has_as_many_digits_as_javascript_can_count() -> None:
    assert scan_header("2" + "9" * MAX_ACK_DIGITS + "[]")[3] == int("9" * MAX_ACK_DIGITS)
    for digits in (MAX_ACK_DIGITS + 1, 1_000_000):
        with pytest.raises(MalformedPacketError):
            scan_header("2" + "9" * digits + "[]")
        with pytest.raises(MalformedPacketError):
            scan_header("2" + "9" * digits)


@pytest.mark.parametrize("tail", ["", ",", ',["x"]'])
def test_the_name_of_a_namespace_is_bounded(tail: str) -> None:
    name = "/" + "n" * (MAX_NAMESPACE - 1)
    assert scan_header(f"2{name}{tail}")[2] == name
    with pytest.raises(MalformedPacketError):
        scan_header(f"2{name}n{tail}")


@given(st.text(st.sampled_from('0123456789-/,[]{}"ax ²٣'), max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        kind, attachments, namespace, _, at = scan_header(text)
    except PacketError:
        return
    assert 0 <= kind <= 6
    assert (attachments > 0) == (kind >= 5)
    assert namespace.startswith("/")
    assert 0 < at <= len(text)


@given(
    st.sampled_from(["/", "/admin", "/ü?x=1"]),
    st.none() | st.integers(0, 10**MAX_ACK_DIGITS - 1),
    st.integers(0, 10),
    st.sampled_from(['["x"]', "[]", '[1,"["]']),
)
def test_events_survive_the_round_trip(
    namespace: str, ack_id: int | None, attachments: int, arguments: str
) -> None:
    text = encode_event(namespace_prefix(namespace), arguments, attachments, ack_id)
    kind, count, name, number, at = scan_header(text, 1)
    assert (kind, count, name, number, text[at:]) == (
        5 if attachments else 2,
        attachments,
        namespace,
        ack_id,
        arguments,
    )
