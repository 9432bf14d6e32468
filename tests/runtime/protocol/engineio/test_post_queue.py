from __future__ import annotations

import pytest
from ackord.runtime.protocol.engineio.packet import Packet, decode_payload, encode_packet
from ackord.runtime.protocol.engineio.post_queue import MAX_PACKETS, PostQueue, wire_size
from hypothesis import given
from hypothesis import strategies as st

PACKETS = st.one_of(
    st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"])).map("4".__add__),
    st.binary(max_size=40),
)


@given(st.lists(PACKETS, max_size=60), st.integers(1, 200))
def test_bodies_hold_everything_in_order_and_as_much_as_fits(
    packets: list[Packet], most: int
) -> None:
    queue = PostQueue()
    for packet in packets:
        queue.put(packet)
    assert queue.size == sum(map(wire_size, packets))
    bodies: list[list[Packet]] = []
    while queue:
        before = queue.size
        body, counted = queue.take(most)
        bodies.append(list(decode_payload(body.encode())))
        assert counted == sum(map(wire_size, bodies[-1])) == before - queue.size
        assert len(body.encode()) <= most or len(bodies[-1]) == 1
        assert len(bodies[-1]) <= MAX_PACKETS
        if len(bodies) > 1 and len(bodies[-2]) < MAX_PACKETS:
            size = sum(wire_size(each) + 1 for each in bodies[-2])
            assert size + wire_size(bodies[-1][0]) > most, "it would have fitted"
    assert [packet for body in bodies for packet in body] == packets
    assert queue.size == 0


def test_without_a_limit_of_the_server_there_is_none_in_bytes() -> None:
    queue = PostQueue()
    queue.put("4" + "x" * 9_000_000)
    queue.put(b"\x00")
    assert queue.take(None)[0].endswith("x\x1ebAA==")
    queue.put("4a")
    assert (queue.take_all(), queue.size, bool(queue)) == (["4a"], 0, False)


@pytest.mark.parametrize(
    "packet", ["4", "4é💩", b"", b"\x00", b"\x00" * 2, b"\x00" * 3, b"\x00" * 4]
)
def test_the_size_of_a_packet_is_that_of_its_text(packet: Packet) -> None:
    assert wire_size(packet) == len(encode_packet(packet).encode())
