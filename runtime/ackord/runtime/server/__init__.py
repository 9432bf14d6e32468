"""The Socket.IO server."""

from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.engine.hooks import RefusedRequest
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.hosting.explorer.options import Explorer
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server.contracts import RemoteSocket
from ackord.runtime.server.gathering import Answers, BroadcastTimeoutError
from ackord.runtime.server.handshake import Handshake
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.namespace import Namespace
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.refusal import RefusalReply
from ackord.runtime.server.server import Server
from ackord.runtime.server.socket import Socket

__all__ = [
    "Answers",
    "BroadcastOperator",
    "BroadcastTimeoutError",
    "ConnectionStateRecovery",
    "Cookie",
    "EngineRequest",
    "Explorer",
    "Handshake",
    "Limits",
    "Namespace",
    "ParentNamespace",
    "RefusalReply",
    "RefusedRequest",
    "RemoteSocket",
    "Server",
    "Socket",
]
