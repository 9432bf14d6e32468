"""What a `Session` asks its owner to do; the owner performs the actions in the order in which
`Session.outgoing` returns them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.protocol.engineio.prepared import Prepared

Outgoing: TypeAlias = Packet | Prepared
"""What can be sent: one packet, or a text packet with its attachments."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a message to the upper layer: text with its type digit, or bytes; skip it if the session
    has ended meanwhile.
    """

    message: Packet


@dataclass(frozen=True, slots=True)
class AnswerPoll:
    """Answer the parked GET with this payload."""

    payload: str
    compress: bool = True
    """Whether the response may be compressed: false if all its packets forbid that."""


@dataclass(frozen=True, slots=True)
class Write:
    """Write to the session's WebSocket."""

    message: Outgoing


@dataclass(frozen=True, slots=True)
class CloseWebSocket:
    """Close the session's WebSocket, after what was written or, with `abort`, at once."""

    code: int | None = None
    abort: bool = False


@dataclass(frozen=True, slots=True)
class WriteProbe:
    """Write to the WebSocket that probes."""

    packet: str


@dataclass(frozen=True, slots=True)
class AdoptProbe:
    """Make the WebSocket that probed the session's WebSocket."""


@dataclass(frozen=True, slots=True)
class CloseProbe:
    """Close the WebSocket that probes; the session goes on without it."""


@dataclass(frozen=True, slots=True)
class End:
    """Tell the upper layer that the session is over, and forget it."""

    reason: str
    description: str | None = None


Action: TypeAlias = (
    Deliver | AnswerPoll | Write | CloseWebSocket | WriteProbe | AdoptProbe | CloseProbe | End
)
