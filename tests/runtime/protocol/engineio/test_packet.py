from __future__ import annotations

import pytest
from ackord.runtime.errors import ProtocolError
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.packet import (
    Packet,
    decode_packet,
    decode_payload,
    encode_packet,
    encode_payload,
    utf8_length,
)
from hypothesis import given
from hypothesis import strategies as st

VALID: list[tuple[str, Packet]] = [
    ('0{"sid":"x"}', '0{"sid":"x"}'),
    ("1", "1"),
    ("2", "2"),
    ("2probe", "2probe"),
    ("3", "3"),
    ("4", "4"),
    ("4hello", "4hello"),
    ("4€ 💩", "4€ 💩"),
    ("5", "5"),
    ("6", "6"),
    ("b", b""),
    ("bAQIDBA==", b"\x01\x02\x03\x04"),
]

MALFORMED = [
    "",
    "7",
    "9x",
    "a",
    "abc",
    "B",
    " 4",
    "²",
    "\u0664",
    "\x00",
    "bA",
    "b!!!!",
    "bAQIDBA",
    "b AQIDBA==",
    "b€",
    "bAQID\nBA==",
]

PAYLOADS: list[tuple[str, list[Packet]]] = [
    ("4hello", ["4hello"]),
    ("4hello\x1e2\x1e4world", ["4hello", "2", "4world"]),
    ("4hello\x1ebAQIDBA==", ["4hello", b"\x01\x02\x03\x04"]),
    ("6\x1e1", ["6", "1"]),
    ("b\x1eb", [b"", b""]),
]


@pytest.mark.parametrize(("text", "packet"), VALID)
def test_a_packet_is_decoded_and_encoded(text: str, packet: Packet) -> None:
    assert decode_packet(text) == packet
    assert encode_packet(packet) == text


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_packet_is_refused(text: str) -> None:
    with pytest.raises(MalformedPacketError):
        decode_packet(text)


@pytest.mark.parametrize(("body", "packets"), PAYLOADS)
def test_a_payload_is_decoded_and_encoded(body: str, packets: list[Packet]) -> None:
    assert list(decode_payload(body.encode())) == packets
    assert encode_payload(packets) == body


@pytest.mark.parametrize("body", ["", "\x1e", "4a\x1e", "4a\x1e\x1e4b", "4a\x1e9"])
def test_decoding_stops_at_the_first_bad_packet_and_keeps_those_before_it(body: str) -> None:
    packets = decode_payload(body.encode())
    if body.startswith("4a"):
        assert next(packets) == "4a"
    with pytest.raises(MalformedPacketError):
        next(packets)


def test_a_payload_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedPacketError, match="UTF-8"):
        next(decode_payload(b"4\xff"))


def test_every_cut_of_a_payload_is_either_shorter_or_malformed() -> None:
    packets: list[Packet] = ["4héllo", b"\x01\x02\x03\x04", "4world"]
    body = encode_payload(packets).encode()
    for end in range(len(body)):
        decoded: list[Packet] = []
        try:
            decoded.extend(decode_payload(body[:end]))
        except MalformedPacketError:
            continue
        assert len(decoded) <= len(packets)
        assert decoded[:-1] == packets[: len(decoded) - 1]


def test_a_body_of_separators_is_refused_at_the_first() -> None:
    with pytest.raises(MalformedPacketError, match="empty"):
        next(decode_payload(b"\x1e" * 1_000_000))


TEXTS = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
PACKETS = st.one_of(st.builds("{}{}".format, st.sampled_from("0123456"), TEXTS), st.binary())


@given(st.lists(PACKETS, min_size=1))
def test_payloads_survive_a_round_trip(packets: list[Packet]) -> None:
    assert list(decode_payload(encode_payload(packets).encode())) == packets


@given(st.one_of(st.binary(), st.text(st.sampled_from("0123456b=A/+\x1e{}\x00é")).map(str.encode)))
def test_decoding_raises_nothing_but_what_it_declares(body: bytes) -> None:
    try:
        for packet in decode_payload(body):
            assert isinstance(packet, bytes) or packet[0] in "0123456"
    except ProtocolError:
        pass


@given(st.text())
def test_the_length_in_utf_8_is_that_of_the_encoded_text(text: str) -> None:
    assert utf8_length(text) == len(text.encode("utf-8", "surrogatepass"))
