"""The pydantic boundary: text of a packet's arguments to typed values, and back."""

from ackord.runtime.validation.arguments import REQUIRED, Arg, ArgumentsAdapter
from ackord.runtime.validation.decimals import DecimalLimits
from ackord.runtime.validation.issues import list_issues
from ackord.runtime.validation.open_types import OpenUnion, UnknownMember, UnknownRecord
from ackord.runtime.validation.positional import PositionalReader, PositionalWriter
from ackord.runtime.validation.scalars import (
    Bytes,
    Date,
    Datetime,
    Decimal,
    Duration,
    Email,
    EmailAddress,
    Int,
    Int64,
    Ip,
    Json,
    JsonObject,
    Maybe,
    StrictLiteral,
    Time,
    UnionMember,
    Url,
    WholeNumber,
)
from ackord.runtime.validation.value import ValueAdapter

__all__ = [
    "REQUIRED",
    "Arg",
    "ArgumentsAdapter",
    "Bytes",
    "Date",
    "Datetime",
    "Decimal",
    "DecimalLimits",
    "Duration",
    "Email",
    "EmailAddress",
    "Int",
    "Int64",
    "Ip",
    "Json",
    "JsonObject",
    "Maybe",
    "OpenUnion",
    "PositionalReader",
    "PositionalWriter",
    "StrictLiteral",
    "Time",
    "UnionMember",
    "UnknownMember",
    "UnknownRecord",
    "Url",
    "ValueAdapter",
    "WholeNumber",
    "list_issues",
]
