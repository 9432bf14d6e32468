from __future__ import annotations

import pytest
from ackord.runtime.protocol.socketio.errors import (
    EventNameError,
    MalformedPayloadError,
    PacketError,
)
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS, scan_event_name
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ('["hello"]', "hello"),
        ('["hello",{"a":["b"]}]', "hello"),
        ('[ "hello" ]', "hello"),
        ('[\n\t"hello"]', "hello"),
        (r'["h\u0065llo"]', "hello"),
        (r'["a\"b"]', 'a"b'),
        (r'["\\"]', "\\"),
        ('[""]', ""),
        ("[1]", "1"),
        ("[-1,2]", "-1"),
        ("[1.0]", "1"),
        ("[1.5]", "1.5"),
        ('["__proto__"]', "__proto__"),
        ('["error"]', "error"),
        ('["connection"]', "connection"),
        ('["*"]', "*"),
    ],
)
def test_the_name_is_the_first_item(payload: str, name: str) -> None:
    assert scan_event_name(payload) == name


@pytest.mark.parametrize(
    "payload",
    ["", "[", "[]", "[ ]", "[true]", "[null]", "[{}]", '[["x"]]', '{"0":"x"}', '"x"', "[\xa0'x']"],
)
def test_a_name_is_a_string_or_a_number(payload: str) -> None:
    with pytest.raises(MalformedPayloadError):
        scan_event_name(payload)


@pytest.mark.parametrize("name", sorted(RESERVED_EVENTS))
def test_a_reserved_name_is_refused_however_it_is_written(name: str) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    for payload in (f'["{name}"]', f'[ "{name}",1]', f'["{escaped}"]'):
        with pytest.raises(EventNameError):
            scan_event_name(payload)


def test_the_length_of_a_name_is_bounded() -> None:
    assert scan_event_name('["' + "n" * 20 + '"]', 20) == "n" * 20
    assert scan_event_name('["' + r"\u006e" * 20 + '"]', 20) == "n" * 20
    for payload in (
        '["' + "n" * 21 + '"]',
        '["' + r"\u006e" * 21 + '"]',
        "[" + "1" * 5000 + "]",
        '["' + "n" * 1_000_000,
    ):
        with pytest.raises(EventNameError):
            scan_event_name(payload, 20)


@given(st.text(st.sampled_from('["]\\u006en1.-{}, '), max_size=20))
def test_any_payload_has_a_name_or_is_refused(payload: str) -> None:
    try:
        name = scan_event_name(payload)
    except PacketError:
        return
    assert name not in RESERVED_EVENTS
