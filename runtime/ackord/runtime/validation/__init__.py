"""The pydantic boundary: text of a packet's arguments to typed values, and back."""

from ackord.runtime.validation.arguments import REQUIRED, Arg, ArgumentsAdapter
from ackord.runtime.validation.issues import list_issues
from ackord.runtime.validation.positional import PositionalReader, PositionalWriter
from ackord.runtime.validation.scalars import (
    STRICT_LITERAL,
    UNION_MEMBER,
    WHOLE_NUMBER,
    Bytes,
    Date,
    Datetime,
    Decimal,
    Duration,
    Int,
    Int64,
    Json,
    Maybe,
    Time,
    Url,
)
from ackord.runtime.validation.value import ValueAdapter

__all__ = [
    "REQUIRED",
    "STRICT_LITERAL",
    "UNION_MEMBER",
    "WHOLE_NUMBER",
    "Arg",
    "ArgumentsAdapter",
    "Bytes",
    "Date",
    "Datetime",
    "Decimal",
    "Duration",
    "Int",
    "Int64",
    "Json",
    "Maybe",
    "PositionalReader",
    "PositionalWriter",
    "Time",
    "Url",
    "ValueAdapter",
    "list_issues",
]
