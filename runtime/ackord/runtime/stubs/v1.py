"""All that generated code may import of the runtime, for codegen API 1."""

from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    RemoteError,
)
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.guard import API, check
from ackord.runtime.typed.model import DeclaredError, Error, Model, OpenEnum, UnknownError, constrain, unwrap
from ackord.runtime.typed.room import Room
from ackord.runtime.validation import Arg, Bytes, Date, Datetime, Decimal, Duration, Int64, Json, Maybe, Url
from typing_extensions import deprecated, override

__all__ = [
    "API",
    "AckTimeoutError",
    "Arg",
    "Bytes",
    "Date",
    "Datetime",
    "Decimal",
    "DeclaredError",
    "DisconnectedError",
    "Duration",
    "Error",
    "Event",
    "Int64",
    "InvalidAckError",
    "InvalidPayloadError",
    "Json",
    "Maybe",
    "Model",
    "NamespaceContract",
    "OpenEnum",
    "RemoteError",
    "Room",
    "UnknownError",
    "Url",
    "check",
    "constrain",
    "deprecated",
    "override",
    "unwrap",
]
