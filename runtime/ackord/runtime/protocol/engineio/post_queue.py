"""What a client has to send over long-polling, cut into the bodies of POSTs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from ackord.runtime.protocol.engineio.packet import Packet, encode_payload, utf8_length

_SEPARATOR_SIZE: Final = 1
MAX_PACKETS: Final = 16
"""Packets of one body: servers with python-engineio refuse more, as its
``Payload.max_decode_packets`` is 16 by default.
"""


class PostQueue:
    """Packets that wait for a POST, and how many bytes they are.

    A body holds as many packets as fit into the server's ``maxPayload``, counted as they are sent:
    text in UTF-8, binary data in base64 after a ``b``, and the separators between packets; but no
    more than `MAX_PACKETS`. A packet that is larger than ``maxPayload`` is a body of its own.
    """

    __slots__ = ("_packets", "size")

    def __init__(self) -> None:
        self._packets: deque[tuple[Packet, int]] = deque()
        self.size = 0
        """Bytes of the packets that wait."""

    def __bool__(self) -> bool:
        return bool(self._packets)

    def put(self, packet: Packet) -> None:
        """Add a packet."""
        size = wire_size(packet)
        self._packets.append((packet, size))
        self.size += size

    def take(self, max_payload: int | None) -> tuple[str, int]:
        """Remove the packets of the next POST; return its body, and how many bytes these packets
        counted in `size`.
        """
        taken: list[Packet] = []
        length = counted = 0
        while self._packets and len(taken) < MAX_PACKETS:
            packet, size = self._packets[0]
            more = size + (_SEPARATOR_SIZE if taken else 0)
            if taken and max_payload is not None and length + more > max_payload:
                break
            self._packets.popleft()
            taken.append(packet)
            length += more
            counted += size
        self.size -= counted
        return encode_payload(taken), counted

    def take_all(self) -> Sequence[Packet]:
        """Remove all packets and return them."""
        packets = [packet for packet, _ in self._packets]
        self._packets.clear()
        self.size = 0
        return packets


def wire_size(packet: Packet) -> int:
    """Count the bytes of a packet in a payload."""
    if isinstance(packet, str):
        return utf8_length(packet)
    return 1 + (len(packet) + 2) // 3 * 4
