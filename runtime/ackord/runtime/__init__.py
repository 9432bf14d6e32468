"""Servers and clients of Socket.IO, on which generated code runs.

::

    from ackord.runtime import NO_ACK, AckTimeoutError
    from ackord.runtime.client import connect
    from ackord.runtime.server import Server, Socket

This package has all exceptions, `NO_ACK` and `MsgpackParser`, for servers and clients, and
`requires` for handlers of a contract. Servers are in `ackord.runtime.server`, clients in
`ackord.runtime.client`, tools for tests in `ackord.runtime.testing`. The names are loaded when they
are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ackord.runtime.lazy import lazy

if TYPE_CHECKING:
    from ackord.runtime.errors import (
        AckordError,
        AckTimeoutError,
        ClusterError,
        ConnectRefusedError,
        ContractVersionError,
        DisconnectedError,
        EventTimeoutError,
        InvalidAckError,
        InvalidPayloadError,
        NetworkError,
        PeerError,
        ProtocolError,
        RemoteError,
        ReservedEventError,
        SlowConsumerError,
        UsageError,
    )
    from ackord.runtime.protocol.socketio.error_acks import FailureReply, InvalidArgumentsError
    from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
    from ackord.runtime.sockets.listeners import NO_ACK
    from ackord.runtime.typed.requires import requires

_ACKS = ("FailureReply", "InvalidArgumentsError")

__all__ = [
    "NO_ACK",
    "AckTimeoutError",
    "AckordError",
    "ClusterError",
    "ConnectRefusedError",
    "ContractVersionError",
    "DisconnectedError",
    "EventTimeoutError",
    "FailureReply",
    "InvalidAckError",
    "InvalidArgumentsError",
    "InvalidPayloadError",
    "MsgpackParser",
    "NetworkError",
    "PeerError",
    "ProtocolError",
    "RemoteError",
    "ReservedEventError",
    "SlowConsumerError",
    "UsageError",
    "requires",
]

__getattr__ = lazy(
    __name__,
    **{
        "errors": tuple(name for name in __all__ if name.endswith("Error") and name not in _ACKS),
        "protocol.socketio.error_acks": _ACKS,
        "protocol.socketio.msgpack": ("MsgpackParser",),  # needs an extra
        "sockets.listeners": ("NO_ACK",),
        "typed.requires": ("requires",),
    },
)
