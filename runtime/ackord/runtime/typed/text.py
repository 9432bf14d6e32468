"""Parameters of rooms and namespaces as text in a name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from uuid import UUID

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.validation import UnknownMember


def text_of(value: object) -> str:
    """Return the text of a parameter's value in a name.

    Raises:
        InvalidPayloadError: the value has no such text.
    """
    match value:
        case Enum() | UnknownMember():
            return str(value.value)
        case bool():
            return "true" if value else "false"
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case str() | int() | float() | Decimal() | UUID():
            return str(value)
        case _:
            raise InvalidPayloadError(f"a name can't hold a {type(value).__name__!r}")
