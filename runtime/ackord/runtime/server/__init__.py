"""The Socket.IO server.

The names are loaded when they are first used: the modules of this package are also imported one by
one, by those that they import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ackord.runtime.engine.cookie import Cookie
    from ackord.runtime.engine.hooks import RefusedRequest
    from ackord.runtime.engine.link import HandshakeRequest
    from ackord.runtime.server.broadcast import BroadcastOperator
    from ackord.runtime.server.gathering import Answers, BroadcastTimeoutError
    from ackord.runtime.server.handshake import Handshake
    from ackord.runtime.server.limits import Limits
    from ackord.runtime.server.namespace import Namespace
    from ackord.runtime.server.parent import ParentNamespace
    from ackord.runtime.server.recovery import ConnectionStateRecovery
    from ackord.runtime.server.refusal import RefusalReply
    from ackord.runtime.server.server import Server
    from ackord.runtime.server.socket import Socket

__all__ = [
    "Answers",
    "BroadcastOperator",
    "BroadcastTimeoutError",
    "ConnectionStateRecovery",
    "Cookie",
    "Handshake",
    "HandshakeRequest",
    "Limits",
    "Namespace",
    "ParentNamespace",
    "RefusalReply",
    "RefusedRequest",
    "Server",
    "Socket",
]

_MODULES = {
    "Answers": "server.gathering",
    "BroadcastOperator": "server.broadcast",
    "BroadcastTimeoutError": "server.gathering",
    "ConnectionStateRecovery": "server.recovery",
    "Cookie": "engine.cookie",
    "Handshake": "server.handshake",
    "HandshakeRequest": "engine.link",
    "Limits": "server.limits",
    "Namespace": "server.namespace",
    "ParentNamespace": "server.parent",
    "RefusalReply": "server.refusal",
    "RefusedRequest": "engine.hooks",
    "Server": "server.server",
    "Socket": "server.socket",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"ackord.runtime.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
