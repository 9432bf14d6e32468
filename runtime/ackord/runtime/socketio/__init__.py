"""The Socket.IO protocol, version 5, pure: text and bytes in, packets and text out; no I/O, no
clock.
"""

from ackord.runtime.socketio.decoder import Decoder
from ackord.runtime.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.socketio.packet import Packet, PacketType

__all__ = ["Decoder", "EncodedEvent", "Packet", "PacketType", "encode_plain_event"]
