from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from ackord.runtime.protocol.engineio.open_packet import (
    MAX_INTERVAL,
    MAX_SID,
    OpenPacket,
    decode_open_packet,
    encode_open_packet,
)
from hypothesis import given
from hypothesis import strategies as st

_SECONDS = st.integers(1, int(MAX_INTERVAL) * 1000).map(lambda milliseconds: milliseconds / 1000)
_PACKETS = st.builds(
    OpenPacket,
    sid=st.text(min_size=1, max_size=MAX_SID // 16),
    upgrades=st.lists(st.text()).map(tuple),
    ping_interval=_SECONDS,
    ping_timeout=_SECONDS,
    max_payload=st.none() | st.integers(min_value=1),
)


@given(_PACKETS)
def test_a_client_reads_what_a_server_has_written(packet: OpenPacket) -> None:
    assert decode_open_packet(encode_open_packet(**asdict(packet))) == packet


def test_the_open_packet_has_exactly_five_keys_and_times_in_milliseconds() -> None:
    packet = encode_open_packet(
        sid="abc",
        upgrades=("websocket",),
        ping_interval=25,
        ping_timeout=20,
        max_payload=1_000_000,
    )
    assert (
        packet
        == '0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [(0.29, 290), (0.3, 300), (1.001, 1001), (0.0005, 0.5), (4.35, 4350)],
)
def test_times_are_not_truncated(seconds: float, milliseconds: float) -> None:
    packet = encode_open_packet(
        sid="abc", upgrades=(), ping_interval=seconds, ping_timeout=1, max_payload=1
    )
    assert json.loads(packet[1:])["pingInterval"] == milliseconds


def test_the_open_packet_is_read_in_seconds() -> None:
    packet = decode_open_packet(
        '0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )
    assert packet.sid == "abc"
    assert packet.upgrades == ("websocket",)
    assert (packet.ping_interval, packet.ping_timeout, packet.max_payload) == (
        25.0,
        20.0,
        1_000_000,
    )


def test_an_open_packet_needs_neither_upgrades_nor_a_payload_limit() -> None:
    packet = decode_open_packet('0{"sid":"x","pingInterval":0,"pingTimeout":20000}')
    assert packet.upgrades == ()
    assert packet.max_payload is None
