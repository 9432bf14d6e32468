"""What npm's socket.io-msgpack-parser 3.x and notepack 2.2 write, byte by byte."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.msgpack import MsgpackDecoder, MsgpackParser
from ackord.runtime.sockets.payloads import decode_array
from hypothesis import given
from hypothesis import strategies as st

msgpack: Any = import_module("msgpack")  # it has no annotations

UNDEFINED = bytes.fromhex("d4 00 00")
NOTHING_LEFT: list[Any] = [None, {}]


def pack(**members: Any) -> bytes:
    message: bytes = msgpack.packb(members)
    return message


def with_raw(data: bytes, kind: int = 2) -> bytes:
    """Return a packet whose data is a MessagePack value as it stands here."""
    return b"\x83\xa4type" + bytes([kind]) + b"\xa3nsp\xa1/" + b"\xa4data" + data


def event_with(value: bytes) -> bytes:
    return with_raw(b"\x92\xa1x" + value)


def decode(message: bytes) -> tuple[Any, ...]:
    return tuple(MsgpackDecoder(1000, 1000).receive_binary(message))


def arguments(message: bytes) -> list[Any]:
    _, _, _, payload, attachments = decode(message)
    return decode_array(payload, attachments)[1:]


@pytest.mark.parametrize(
    ("text", "attachments", "packet"),
    [
        ('40{"sid":"a"}', (), {"type": 0, "nsp": "/", "data": {"sid": "a"}}),
        ("40/chat,", (), {"type": 0, "nsp": "/chat"}),
        ("41/chat,", (), {"type": 1, "nsp": "/chat"}),
        (
            '42["hello",1,null,true,1.5,"x"]',
            (),
            {"type": 2, "nsp": "/", "data": ["hello", 1, None, True, 1.5, "x"]},
        ),
        ('42/chat,12["hello"]', (), {"type": 2, "nsp": "/chat", "data": ["hello"], "id": 12}),
        ("430[]", (), {"type": 3, "nsp": "/", "data": [], "id": 0}),
        ('44/x,{"message":"no"}', (), {"type": 4, "nsp": "/x", "data": {"message": "no"}}),
        (
            '452-/chat,7["x",{"a":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]',
            (b"\0", b"\1"),
            {"type": 2, "nsp": "/chat", "data": ["x", {"a": [b"\1"]}, b"\0"], "id": 7},
        ),
        (
            '461-7[{"_placeholder":true,"num":0}]',
            (b"\0",),
            {"type": 3, "nsp": "/", "data": [b"\0"], "id": 7},
        ),
    ],
)
def test_a_packet_is_one_map(
    text: str, attachments: tuple[bytes, ...], packet: dict[str, Any]
) -> None:
    message = MsgpackParser().encode(text, attachments)
    assert msgpack.unpackb(message) == packet
    if packet["type"] in {2, 3}:
        kind, namespace, ack_id, payload, found = decode(message)
        assert (kind, namespace, ack_id) == (packet["type"], packet["nsp"], packet.get("id"))
        assert decode_array(payload, found) == packet["data"]


def test_what_the_npm_parser_sends_beside_is_ignored() -> None:
    message = pack(type=2, nsp="/", data=["x"], options={"compress": True})
    assert decode(message) == (2, "/", None, '["x"]', ())
    assert decode(b"\x84\xa2id" + UNDEFINED + with_raw(b"\x91\xa1x")[1:]) == (
        2,
        "/",
        None,
        '["x"]',
        (),
    )


@pytest.mark.parametrize("data", [b"", b"\xa4data" + UNDEFINED])
def test_connect_and_disconnect_come_without_data(data: bytes) -> None:
    for kind in (0, 1):
        message = bytes([0x82 + bool(data)]) + b"\xa4type" + bytes([kind]) + b"\xa3nsp\xa1/" + data
        assert decode(message) == (kind, "/", None, "", ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("d7 00 00 00 01 6f 5e 66 e8 00", "2020-01-01T00:00:00.000Z", id="Date"),
        pytest.param(
            "d7 00 ff ff ff ff ff ff ff ff", "1969-12-31T23:59:59.999Z", id="Date before 1970"
        ),
        pytest.param(
            "c7 08 00 00 00 01 7e 12 ef 9c 00",
            bytes.fromhex("0000017e12ef9c00"),
            id="ArrayBuffer of eight bytes",
        ),
        pytest.param("c7 01 00 00", b"\0", id="ArrayBuffer of one byte"),
        pytest.param("c7 00 00", b"", id="empty ArrayBuffer"),
        pytest.param("c7 03 00 01 02 03", b"\1\2\3", id="ArrayBuffer"),
        pytest.param("c8 00 01 00 09", b"\x09", id="ext 16"),
        pytest.param("c9 00 00 00 01 00 09", b"\x09", id="ext 32"),
        pytest.param("c4 02 01 02", b"\1\2", id="Buffer"),
        pytest.param("d4 00 00", None, id="undefined"),
        pytest.param("81 a1 61 d4 00 00", {}, id="undefined member"),
        pytest.param("92 d4 00 00 81 a1 61 d4 00 00", NOTHING_LEFT, id="undefined items"),
        pytest.param("cb 7f f8 00 00 00 00 00 00", None, id="NaN"),
        pytest.param("91 cb 7f f0 00 00 00 00 00 00", [None], id="Infinity"),
        pytest.param("cf 00 20 00 00 00 00 00 00", 2**53, id="2**53"),
        pytest.param("cf ff ff ff ff ff ff ff ff", 2**64 - 1, id="uint 64"),
        pytest.param("d3 80 00 00 00 00 00 00 00", -(2**63), id="int 64"),
        pytest.param("ca 3f c0 00 00", 1.5, id="float 32"),
        pytest.param(
            "81 ac 5f 70 6c 61 63 65 68 6f 6c 64 65 72 c3",
            {"_placeholder": True},
            id="no placeholder",
        ),
    ],
)
def test_values_are_what_json_would_have_made_of_them(value: str, expected: Any) -> None:
    assert arguments(event_with(bytes.fromhex(value))) == [expected]


def test_a_date_and_a_buffer_of_its_length_are_told_apart_wherever_they_stand() -> None:
    values = b"".join(
        [
            b"\xdc\x00\x0a",
            b"\xd9\x02ab",  # str 8
            b"\xda\x00\x01c",  # str 16
            b"\xc4\x03\xd7\x00\x00",  # a Buffer whose bytes look like a Date's
            b"\xcd\xd7\x00",  # uint 16
            b"\x81\xa1k\xd7\x00" + bytes(8),
            b"\xc7\x08\x00" + bytes(8),
            b"\xcb" + b"\xd7" * 8,  # float 64
            b"\xd0\xd7",  # int 8
            b"\xde\x00\x01\xa1k\xc7\x01\x00\x00",
            UNDEFINED,
        ]
    )
    date, buffer = "1970-01-01T00:00:00.000Z", bytes(8)
    found = arguments(event_with(values))[0]
    assert found[:6] == ["ab", "c", b"\xd7\x00\x00", 0xD700, {"k": date}, buffer]
    assert found[7:] == [-41, {"k": b"\0"}, None]


REFUSED = {
    "nothing": b"",
    "no MessagePack": b"\xc1",
    "half a message": with_raw(b"\x92\xa1x"),
    "trailing bytes": with_raw(b"\x91\xa1x") + b"\0",
    "no map": b"\x93\x01\x02\x03",
    "a string that isn't UTF-8": event_with(b"\xa1\xff"),
    "an array that claims four billion items": with_raw(b"\xdd\xff\xff\xff\xff"),
    "a map that claims four billion members": with_raw(b"\xdf\xff\xff\xff\xff"),
    "bytes that claim to be four gigabytes": event_with(b"\xc6\xff\xff\xff\xff"),
    "an unknown extension": event_with(b"\xd4\x05\x00"),
    "a timestamp extension": event_with(b"\xd6\xff\0\0\0\0"),
    "a date beyond the calendar": event_with(b"\xd7\x00\x7f" + b"\xff" * 7),
    "keys that are numbers": event_with(b"\x81\x01\x02"),
    "keys that are bytes": event_with(b"\x81\xc4\x01a\x02"),
    "very deep": event_with(b"\x91" * 5000 + b"\xc0"),
    "type 5": pack(type=5, nsp="/", data=["x"]),
    "type -1": pack(type=-1, nsp="/", data=["x"]),
    "type true": pack(type=True, nsp="/", data=["x"]),
    "type 2.0": pack(type=2.0, nsp="/", data=["x"]),
    "no type": pack(nsp="/", data=["x"]),
    "no namespace": pack(type=2, data=["x"]),
    "a namespace that is none": pack(type=2, nsp="chat", data=["x"]),
    "a namespace with a comma": pack(type=2, nsp="/a,b", data=["x"]),
    "a namespace that is too long": pack(type=2, nsp="/" * 1001, data=["x"]),
    "a namespace that is a number": pack(type=2, nsp=1, data=["x"]),
    "ack id -1": pack(type=2, nsp="/", data=["x"], id=-1),
    "ack id 0.5": pack(type=2, nsp="/", data=["x"], id=0.5),
    "ack id true": pack(type=2, nsp="/", data=["x"], id=True),
    "ack id of 16 digits": pack(type=2, nsp="/", data=["x"], id=10**15),
    "an EVENT without data": pack(type=2, nsp="/"),
    "an EVENT with an object": pack(type=2, nsp="/", data={}),
    "an ACK with null": pack(type=3, nsp="/", data=None, id=1),
    "CONNECT with null": pack(type=0, nsp="/", data=None),
    "CONNECT with an array": pack(type=0, nsp="/", data=[]),
    "CONNECT with bytes": pack(type=0, nsp="/", data={"token": b"x"}),
    "DISCONNECT with data": pack(type=1, nsp="/", data={}),
    "CONNECT_ERROR with an array": pack(type=4, nsp="/", data=[]),
    "too many binaries": pack(type=2, nsp="/", data=["x", *[b""] * 1001]),
}


@pytest.mark.parametrize("message", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_packet_is_refused(message: bytes) -> None:
    with pytest.raises(PacketError):
        MsgpackDecoder(1000, 1000).receive_binary(message)


def test_text_is_refused() -> None:
    with pytest.raises(PacketError, match="another parser"):
        MsgpackDecoder(1000, 1000).receive_text('42["x"]', 1)


def test_a_thousand_binaries_are_taken() -> None:
    assert arguments(pack(type=2, nsp="/", data=["x", *[b"."] * 1000])) == [b"."] * 1000


def test_half_a_surrogate_pair_and_large_integers_go_out_as_javascript_would_hold_them() -> None:
    message = MsgpackParser().encode(r'42["x","\ud83d",36893488147419103232]', ())
    assert msgpack.unpackb(message)["data"] == ["x", "\N{REPLACEMENT CHARACTER}", 2.0**65]


def test_an_object_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    text = '451-["x",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]'
    assert msgpack.unpackb(MsgpackParser().encode(text, (b".",)))["data"] == [
        "x",
        {"_placeholder": True, "num": 1},
        b".",
    ]


def test_what_is_too_deep_to_be_written_is_the_senders_mistake() -> None:
    with pytest.raises(InvalidPayloadError):
        MsgpackParser().encode('42["x",' + "[" * 50_000 + "]" * 50_000 + "]", ())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5).filter("_placeholder".__ne__), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(json_values, max_size=4))
def test_values_survive_the_way_through_both_forms(values: list[Any]) -> None:
    message: bytes = msgpack.packb({"type": 2, "nsp": "/", "data": ["x", *values]})
    kind, namespace, ack_id, payload, attachments = MsgpackDecoder(1000, 1000).receive_binary(
        message
    )
    assert (kind, namespace, ack_id) == (2, "/", None)
    json.loads(payload)
    again = MsgpackParser().encode(f"45{len(attachments) or 1}-{payload}", attachments)
    assert msgpack.unpackb(again)["data"] == ["x", *values]


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_packet_error(data: bytes) -> None:
    for message in (data, with_raw(data), event_with(data)):
        with suppress(PacketError):
            MsgpackDecoder(1000, 1000).receive_binary(message)
