"""Forms of names, and conversions between them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

MAX_NAME: Final = 100
"""Characters of a name."""


class NameForm(NamedTuple):
    """The form of one kind of name."""

    pattern: re.Pattern[str]
    words: str

    def is_only_too_long(self, name: str) -> bool:
        """Return whether a name is valid but for its length."""
        return len(name) > MAX_NAME and self.pattern.fullmatch(name[:MAX_NAME]) is not None


TYPE_NAME: Final = NameForm(
    re.compile(r"[A-Z][A-Za-z0-9]{0,99}"), "a capital letter, then letters and digits"
)
"""Types and errors."""
SNAKE_NAME: Final = NameForm(
    re.compile(r"[a-z][a-z0-9_]{0,99}"), "a small letter, then small letters, digits and _"
)
"""The contract, rooms and the identifiers of events and namespaces."""
FIELD_NAME: Final = NameForm(
    re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,99}"),
    "letters, digits and _, with a letter before the first digit",
)
"""Record fields, which are also the names on the wire, and arguments."""

MAX_WIRE_NAME: Final = 128
"""Characters of a name on the wire that isn't a name in generated code."""

RESERVED_EVENTS: Final = (
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "connection",
    "new_namespace",
    "*",
)
"""Names of Socket.IO's own events, here and in Node's EventEmitter."""

RESERVED_CODES: Final = (
    "invalid_request",
    "invalid_response",
    "unknown_event",
    "internal",
    "rate_limited",
    "contract_mismatch",
)
"""Error codes that the runtime answers."""

_BOUNDARIES = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """``roomFull``, ``RoomFull`` and ``room-full`` become ``room_full``."""
    return "_".join(part.lower() for part in _BOUNDARIES.split(name) if part)


@lru_cache(maxsize=1024)
def camel_case(name: str) -> str:
    """``room_full`` becomes ``RoomFull``."""
    return "".join(part[:1].upper() + part[1:] for part in snake_case(name).split("_"))


_JOINTS: Final = re.compile(r"(?<=[A-Za-z0-9])_+([A-Za-z0-9])")


def lower_camel_case(name: str) -> str:
    """``user_id`` becomes ``userId``; underscores at the start and the end stay."""
    return _JOINTS.sub(lambda joint: joint[1].upper(), name)


RESERVED_IDENTIFIERS: Final = frozenset(snake_case(name) for name in RESERVED_EVENTS) - {""}
