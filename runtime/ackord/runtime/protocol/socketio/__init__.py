"""The Socket.IO protocol, version 5, pure: text and bytes in, packets and text out; no I/O, no
clock.
"""

from ackord.runtime.protocol.socketio.decoder import Decoder
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.protocol.socketio.packet import Packet, PacketType

__all__ = ["Decoder", "EncodedEvent", "Packet", "PacketType", "encode_plain_event"]
