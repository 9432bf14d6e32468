"""Bounds of what one client can make the Socket.IO server hold; those of the transport are in
`EngineOptions`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ackord.runtime.option_values import check_values
from ackord.runtime.protocol.socketio.complexity import (
    MAX_CONTAINERS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_VALUES,
    Complexity,
)
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS
from ackord.runtime.protocol.socketio.names import MAX_EVENT_NAME
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what one client can make the Socket.IO server hold.

    Raises:
        UsageError: a value is no number, or negative.
    """

    connect_timeout: float = 45.0
    """Seconds in which a connection must have joined a namespace, and in which middlewares must
    answer each CONNECT.
    """
    attachments: int = MAX_ATTACHMENTS
    """Attachments of one packet."""
    attachment_bytes: int = MAX_ATTACHMENT_BYTES
    """Bytes of all attachments of one packet."""
    attachment_timeout: float = 30.0
    """Seconds between a packet's header and its last attachment."""
    ending_timeout: float = 10.0
    """Seconds in which the events that a client sent before it disconnected are still handled; then
    `disconnect` is told.
    """
    namespace_name: int = MAX_NAMESPACE
    """Characters of a namespace's name."""
    event_name: int = MAX_EVENT_NAME
    """Characters of an event's name."""
    depth: int = MAX_DEPTH
    """Levels of lists and objects in an argument."""
    containers: int = MAX_CONTAINERS
    """Lists and objects in one packet, its array of arguments included."""
    digits: int = MAX_DIGITS
    """Digits of one number in a packet."""
    values: int = MAX_VALUES
    """Items of lists and members of objects in one packet."""
    namespaces: int = 100
    """Namespaces that one connection may have joined."""
    child_namespaces: int = 10_000
    """Dynamic namespaces that clients may make, of all patterns together."""
    pending_acks: int = 1000
    """Acknowledgements awaited from one socket."""
    queued_events: int = 256
    """Events of one connection that wait for handlers; with more, nothing is read from it.

    While the server waits for acknowledgements of this connection, four times as many events and
    bytes may wait, because the answers come behind them; beyond that, such waits may time out.
    """
    queued_bytes: int = 4_000_000
    """Bytes of the events of one connection that wait for handlers; with more, nothing is read from
    it; see `queued_events`.

    They are the estimated bytes of the objects that the text becomes: some fifty times the
    characters if a message has little but empty lists. Attachments count as they are.
    """

    def __post_init__(self) -> None:
        """Check the values."""
        check_values(asdict(self), Limits)

    @property
    def complexity(self) -> Complexity:
        """The bounds on one packet: `depth`, `containers`, `digits` and `values`."""
        return Complexity(self.depth, self.containers, self.digits, self.values)
