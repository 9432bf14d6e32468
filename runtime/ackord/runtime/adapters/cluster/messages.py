"""What the servers of a cluster tell one another: the messages of Socket.IO's ClusterAdapter.

A `Command` goes to the same namespace on all other servers. Some commands ask for an answer; an
`Answer` goes to the server that asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ackord.runtime.adapters.base import BroadcastFlags, SocketDetails, Target
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply


@dataclass(frozen=True, slots=True)
class AckRequest:
    """That the sockets of a broadcast are asked for acknowledgements."""

    id: str
    timeout: float
    """Seconds in which an acknowledgement counts."""
    wants_ids: bool = False
    """Whether the asking server is an Ackord: it is told which socket answered, and which won't."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send an event to sockets."""

    event: EncodedEvent
    target: Target
    flags: BroadcastFlags
    request: AckRequest | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Put sockets into rooms."""

    target: Target
    rooms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Leave:
    """Take sockets out of rooms."""

    target: Target
    rooms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Disconnect sockets; with `close`, close their connections."""

    target: Target
    close: bool


@dataclass(frozen=True, slots=True)
class Fetch:
    """Describe sockets: asks for `Fetched`."""

    request_id: str
    target: Target


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """Handle a server-side event; with `request_id`, asks for `ServerAnswer`."""

    event: EncodedEvent
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The sender leaves the cluster: it answers nothing any more."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The sockets of one server."""

    request_id: str
    sockets: Sequence[SocketDetails]


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """One server's acknowledgement of a server-side event."""

    request_id: str
    reply: AckReply


@dataclass(frozen=True, slots=True)
class Asked:
    """How many sockets one server asks for acknowledgements."""

    request_id: str
    count: int
    sids: Sequence[str] | None = None
    """Their ids, where the server is an Ackord."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The acknowledgement of one socket."""

    request_id: str
    reply: AckReply | None
    """`None`: there will be none."""
    sid: str | None = None
    """The socket's id, where its server is an Ackord."""


Command: TypeAlias = Broadcast | Join | Leave | Disconnect | Fetch | ServerEvent | Goodbye
Answer: TypeAlias = Fetched | ServerAnswer | Asked | Answered
Message: TypeAlias = Command | Answer
