from __future__ import annotations

import pytest
from ackord.runtime.protocol.socketio.decoder import Decoder
from ackord.runtime.protocol.socketio.errors import AttachmentError, PacketError
from ackord.runtime.protocol.socketio.packet import Packet, PacketType
from hypothesis import given
from hypothesis import strategies as st

HEADER = '52-/admin,7["x",{"_placeholder":true,"num":0}]'
PAYLOAD = '["x",{"_placeholder":true,"num":0}]'


def test_a_packet_without_attachments_is_whole_at_once() -> None:
    decoder = Decoder()
    assert decoder.receive_text('42/admin,7["x"]', 1) == Packet(
        PacketType.EVENT, "/admin", 7, '["x"]', ()
    )
    assert decoder.waiting is None


def test_a_packet_with_attachments_is_whole_after_the_last_one() -> None:
    decoder = Decoder()
    for _ in range(2):
        assert decoder.receive_text(HEADER) is None
        assert decoder.waiting == "/admin"
        assert decoder.receive_binary(b"one") is None
        assert decoder.receive_binary(b"two") == Packet(
            PacketType.EVENT, "/admin", 7, PAYLOAD, (b"one", b"two")
        )
        assert decoder.waiting is None


def test_a_binary_ack_becomes_an_ack() -> None:
    decoder = Decoder()
    decoder.receive_text("61-15[]")
    assert decoder.receive_binary(b"") == Packet(PacketType.ACK, "/", 15, "[]", (b"",))


def test_text_between_a_header_and_its_attachments_is_refused() -> None:
    decoder = Decoder()
    decoder.receive_text(HEADER)
    with pytest.raises(AttachmentError, match="2 attachments are missing"):
        decoder.receive_text('2["x"]')


def test_an_attachment_that_nobody_announced_is_refused() -> None:
    decoder = Decoder()
    with pytest.raises(AttachmentError):
        decoder.receive_binary(b"")


def test_the_number_of_attachments_is_bounded() -> None:
    assert Decoder().receive_text("510-[]") is None
    with pytest.raises(AttachmentError):
        Decoder().receive_text("511-[]")
    with pytest.raises(AttachmentError):
        Decoder(max_attachments=1).receive_text("52-[]")


def test_the_size_of_attachments_is_bounded_together() -> None:
    decoder = Decoder(max_bytes=5)
    decoder.receive_text("53-[]")
    decoder.receive_binary(b"12")
    decoder.receive_binary(b"345")
    with pytest.raises(AttachmentError):
        decoder.receive_binary(b"6")


def test_the_bound_is_for_each_packet_anew() -> None:
    decoder = Decoder(max_bytes=5)
    for _ in range(3):
        decoder.receive_text("51-[]")
        assert decoder.receive_binary(b"12345") is not None


def test_an_unfinished_packet_can_be_forgotten() -> None:
    decoder = Decoder()
    decoder.receive_text(HEADER)
    decoder.receive_binary(b"one")
    decoder.reset()
    assert decoder.waiting is None
    assert decoder.receive_text('2["x"]') is not None


@given(
    st.lists(
        st.sampled_from(['2["x"]', HEADER, "51-[]", "43", "40", "4abc", "2{}", b"", b"x"]),
        max_size=12,
    )
)
def test_any_sequence_of_messages_is_read_or_refused(messages: list[str | bytes]) -> None:
    decoder = Decoder()
    for message in messages:
        try:
            packet = (
                decoder.receive_text(message)
                if isinstance(message, str)
                else decoder.receive_binary(message)
            )
        except PacketError:
            return
        if packet is not None:
            assert packet.type in {
                PacketType.CONNECT,
                PacketType.EVENT,
                PacketType.ACK,
                PacketType.CONNECT_ERROR,
            }
            assert decoder.waiting is None
