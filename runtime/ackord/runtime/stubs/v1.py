"""All names that generated code may import from the runtime, for codegen API 1.

Names of only one side are loaded when they are first used, so a client's program doesn't load the
server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ackord.runtime.errors import (
    AckordError,
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    RemoteError,
    SlowConsumerError,
)
from ackord.runtime.lazy import lazy
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.guard import API, check
from ackord.runtime.typed.model import (
    DeclaredError,
    Error,
    Model,
    OpenEnum,
    Session,
    UnknownError,
    constrain,
    unwrap,
)
from ackord.runtime.typed.params import Params
from ackord.runtime.typed.replies import Replies
from ackord.runtime.typed.room import Room
from ackord.runtime.validation import (
    Arg,
    Bytes,
    Date,
    Datetime,
    Decimal,
    DecimalLimits,
    Duration,
    Int,
    Int64,
    Json,
    Maybe,
    OpenUnion,
    StrictLiteral,
    Time,
    UnionMember,
    UnknownMember,
    UnknownRecord,
    Url,
    WholeNumber,
)
from typing_extensions import deprecated, override

if TYPE_CHECKING:
    from ackord.runtime.typed.client import (
        Client,
        ClientHandlers,
        ClientOptions,
        ConnectRefusedError,
        unhandled,
    )
    from ackord.runtime.typed.client_event import ClientEvent, EventStream, Incoming
    from ackord.runtime.typed.context import Context
    from ackord.runtime.typed.emitters import (
        BroadcastEmitter,
        BroadcastTarget,
        ClientEmitter,
        ClientTarget,
        ClusterEmitter,
        ClusterTarget,
        Emitter,
        Gatherer,
    )
    from ackord.runtime.typed.handlers import handler
    from ackord.runtime.typed.namespace import Instance, Namespace

__all__ = [
    "API",
    "AckTimeoutError",
    "AckordError",
    "Arg",
    "BroadcastEmitter",
    "BroadcastTarget",
    "Bytes",
    "Client",
    "ClientEmitter",
    "ClientEvent",
    "ClientHandlers",
    "ClientOptions",
    "ClientTarget",
    "ClusterEmitter",
    "ClusterTarget",
    "ConnectRefusedError",
    "Context",
    "Date",
    "Datetime",
    "Decimal",
    "DecimalLimits",
    "DeclaredError",
    "DisconnectedError",
    "Duration",
    "Emitter",
    "Error",
    "Event",
    "EventStream",
    "FailureReply",
    "Gatherer",
    "Incoming",
    "Instance",
    "Int",
    "Int64",
    "InvalidAckError",
    "InvalidPayloadError",
    "Json",
    "Maybe",
    "Model",
    "Namespace",
    "NamespaceContract",
    "OpenEnum",
    "OpenUnion",
    "Params",
    "RemoteError",
    "Replies",
    "Room",
    "Session",
    "SlowConsumerError",
    "StrictLiteral",
    "Time",
    "UnionMember",
    "UnknownError",
    "UnknownMember",
    "UnknownRecord",
    "Url",
    "WholeNumber",
    "check",
    "constrain",
    "deprecated",
    "handler",
    "lazy",
    "override",
    "unhandled",
    "unwrap",
]

_LAZY = {
    "BroadcastEmitter": "emitters",
    "BroadcastTarget": "emitters",
    "Client": "client",
    "ClientEmitter": "emitters",
    "ClientEvent": "client_event",
    "ClientHandlers": "client",
    "ClientOptions": "client",
    "ClientTarget": "emitters",
    "ClusterEmitter": "emitters",
    "ClusterTarget": "emitters",
    "ConnectRefusedError": "client",
    "Context": "context",
    "Emitter": "emitters",
    "EventStream": "client_event",
    "Gatherer": "emitters",
    "Incoming": "client_event",
    "Instance": "namespace",
    "Namespace": "namespace",
    "handler": "handlers",
    "unhandled": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"ackord.runtime.typed.{_LAZY[name]}"), name)
    return value
