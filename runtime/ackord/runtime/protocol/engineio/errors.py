"""What the pure Engine.IO core raises.

::

    ProtocolError
    ├── MalformedPacketError     a packet or payload that the protocol doesn't know
    └── HandshakeRefusedError    a request that opens no session, with the answer's code and status
"""

from __future__ import annotations

from ackord.runtime.errors import ProtocolError
from ackord.runtime.protocol.engineio.handshake import Refusal


class MalformedPacketError(ProtocolError):
    """A packet or payload that the protocol doesn't know."""


class HandshakeRefusedError(ProtocolError):
    """A request was refused before it reached a session; `refusal` says how to answer it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
