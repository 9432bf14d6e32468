"""The protocol, and the servers and clients that generated code runs on.

::

    from ackord.runtime import RefusalReply, Server, Socket
    from ackord.runtime.client import connect

What a server's application needs stands here, `NO_ACK` and every exception; clients are in
`ackord.runtime.client`, tools for tests in `ackord.runtime.testing`.
The names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ackord.runtime.errors import (
        AckordError,
        AckTimeoutError,
        ConnectRefusedError,
        ContractVersionError,
        DisconnectedError,
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
    from ackord.runtime.server import (
        Answers,
        BroadcastOperator,
        BroadcastTimeoutError,
        ConnectionStateRecovery,
        Handshake,
        HandshakeRequest,
        Limits,
        Namespace,
        ParentNamespace,
        RefusalReply,
        Server,
        Socket,
    )
    from ackord.runtime.sockets.listeners import NO_ACK

__all__ = [
    "NO_ACK",
    "AckTimeoutError",
    "AckordError",
    "Answers",
    "BroadcastOperator",
    "BroadcastTimeoutError",
    "ConnectRefusedError",
    "ConnectionStateRecovery",
    "ContractVersionError",
    "DisconnectedError",
    "FailureReply",
    "Handshake",
    "HandshakeRequest",
    "InvalidAckError",
    "InvalidArgumentsError",
    "InvalidPayloadError",
    "Limits",
    "MsgpackParser",
    "Namespace",
    "NetworkError",
    "ParentNamespace",
    "PeerError",
    "ProtocolError",
    "RefusalReply",
    "RemoteError",
    "ReservedEventError",
    "Server",
    "SlowConsumerError",
    "Socket",
    "UsageError",
]

_ERROR_ACKS = frozenset({"FailureReply", "InvalidArgumentsError"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "MsgpackParser":  # the one that needs an extra
        value = globals()[name] = import_module(
            f"{__name__}.protocol.socketio.msgpack"
        ).MsgpackParser
        return value
    if name == "NO_ACK":
        value = globals()[name] = import_module(f"{__name__}.sockets.listeners").NO_ACK
        return value
    errors = import_module(
        f"{__name__}.protocol.socketio.error_acks" if name in _ERROR_ACKS else f"{__name__}.errors"
    )
    home = errors if hasattr(errors, name) else import_module(f"{__name__}.server")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
