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
from ackord.runtime.typed.rate import Rate
from ackord.runtime.typed.replies import Replies, ServerReplies
from ackord.runtime.typed.room import Room
from ackord.runtime.validation import (
    Arg,
    Bytes,
    Date,
    Datetime,
    Decimal,
    DecimalLimits,
    Duration,
    Email,
    EmailAddress,
    Int,
    Int64,
    Ip,
    Json,
    JsonObject,
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
    from ackord.runtime.adapters.publisher import Publisher
    from ackord.runtime.client.manager import Manager
    from ackord.runtime.typed.client import Auth, Client, ClientOptions, ConnectRefusedError
    from ackord.runtime.typed.client_event import ClientEvent, Incoming
    from ackord.runtime.typed.client_handlers import ClientHandlers, unhandled
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
    from ackord.runtime.typed.event_stream import EventStream
    from ackord.runtime.typed.handlers import handler
    from ackord.runtime.typed.member import Member
    from ackord.runtime.typed.namespace import Instance, Namespace
    from ackord.runtime.typed.presence import Presence
    from ackord.runtime.typed.publishing import (
        ClientsPublishing,
        Publishing,
        PublishingEmitter,
        SyncClientsPublishing,
        SyncPublishing,
        SyncPublishingEmitter,
    )
    from ackord.runtime.typed.sync_client import SyncClient, SyncEvent, SyncIncoming, SyncStream

__all__ = [
    "API",
    "AckTimeoutError",
    "AckordError",
    "Arg",
    "Auth",
    "BroadcastEmitter",
    "BroadcastTarget",
    "Bytes",
    "Client",
    "ClientEmitter",
    "ClientEvent",
    "ClientHandlers",
    "ClientOptions",
    "ClientTarget",
    "ClientsPublishing",
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
    "Email",
    "EmailAddress",
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
    "Ip",
    "Json",
    "JsonObject",
    "Manager",
    "Maybe",
    "Member",
    "Model",
    "Namespace",
    "NamespaceContract",
    "OpenEnum",
    "OpenUnion",
    "Params",
    "Presence",
    "Publisher",
    "Publishing",
    "PublishingEmitter",
    "Rate",
    "RemoteError",
    "Replies",
    "Room",
    "ServerReplies",
    "Session",
    "SlowConsumerError",
    "StrictLiteral",
    "SyncClient",
    "SyncClientsPublishing",
    "SyncEvent",
    "SyncIncoming",
    "SyncPublishing",
    "SyncPublishingEmitter",
    "SyncStream",
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
    "Auth": "typed.client",
    "BroadcastEmitter": "typed.emitters",
    "BroadcastTarget": "typed.emitters",
    "Client": "typed.client",
    "ClientEmitter": "typed.emitters",
    "ClientEvent": "typed.client_event",
    "ClientHandlers": "typed.client_handlers",
    "ClientOptions": "typed.client",
    "ClientTarget": "typed.emitters",
    "ClientsPublishing": "typed.publishing",
    "ClusterEmitter": "typed.emitters",
    "ClusterTarget": "typed.emitters",
    "ConnectRefusedError": "typed.client",
    "Context": "typed.context",
    "Emitter": "typed.emitters",
    "EventStream": "typed.event_stream",
    "Gatherer": "typed.emitters",
    "Incoming": "typed.client_event",
    "Instance": "typed.namespace",
    "Manager": "client.manager",
    "Member": "typed.member",
    "Namespace": "typed.namespace",
    "Presence": "typed.presence",
    "Publisher": "adapters.publisher",
    "Publishing": "typed.publishing",
    "PublishingEmitter": "typed.publishing",
    "SyncClient": "typed.sync_client",
    "SyncClientsPublishing": "typed.publishing",
    "SyncEvent": "typed.sync_client",
    "SyncIncoming": "typed.sync_client",
    "SyncPublishing": "typed.publishing",
    "SyncPublishingEmitter": "typed.publishing",
    "SyncStream": "typed.sync_client",
    "handler": "typed.handlers",
    "unhandled": "typed.client_handlers",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"ackord.runtime.{_LAZY[name]}"), name)
    return value
