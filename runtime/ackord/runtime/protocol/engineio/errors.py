"""What the pure Engine.IO core raises.

::

    ProtocolError
    ├── MalformedPacketError     a packet or payload that the protocol doesn't know
    └── HandshakeRefusedError    a request that opens no session, with the code and status of the
    answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ackord.runtime.errors import ProtocolError

if TYPE_CHECKING:
    from ackord.runtime.protocol.engineio.handshake import Refusal


class MalformedPacketError(ProtocolError):
    """A packet or payload that the protocol doesn't know."""


class HandshakeRefusedError(ProtocolError):
    """A request was refused before it reached a session; `refusal` says how to answer it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
