"""What can be wrong with a Socket.IO packet; each ends the connection (Socket.IO protocol v5).

::

    ProtocolError
    └── PacketError
        ├── MalformedPacketError     the header: type, attachment count, namespace or ack id
        ├── MalformedPayloadError    the JSON after the header
        ├── EventNameError           the event's name is reserved or too long
        ├── AttachmentError          attachments missing, unexpected, too many or too big
        └── UnexpectedPacketError    not allowed now: no such namespace was joined, for example
"""

from __future__ import annotations

from ackord.runtime.errors import ProtocolError


class PacketError(ProtocolError):
    """The peer sent a packet that ends the connection."""


class MalformedPacketError(PacketError):
    """A packet's header isn't one."""


class MalformedPayloadError(PacketError):
    """A packet's payload isn't JSON, or not what its type asks for."""


class EventNameError(PacketError):
    """An event's name is reserved or too long."""


class AttachmentError(PacketError):
    """Attachments are missing, unexpected, too many or too big, or a placeholder is bad."""


class UnexpectedPacketError(PacketError):
    """A packet is right in itself, but not allowed now."""
