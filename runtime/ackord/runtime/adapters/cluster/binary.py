"""MessagePack as Socket.IO's adapters for Node use it (notepack.io, @msgpack/msgpack), for messages
that hold bytes: needs the package msgpack.

Bytes are ``bin``. Dates, which JSON writes as text, are read as such text: the extension -1 of
MessagePack, and the extension 0 of notepack 2. JavaScript's undefined is nil.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final

from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.errors import InvalidPayloadError

try:
    _msgpack: Any = import_module("msgpack")  # it has no annotations
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "messages with bytes between the servers of a cluster need the package msgpack; install "
        "it with: pip install 'ackord[server]'"
    ) from missing

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OLD_EXTENSION: Final = 0
_UNDEFINED_SIZE: Final = 1
_DATE_SIZE: Final = 8


def pack(value: Any) -> bytes:
    """Write a value of JSON and bytes.

    Raises:
        InvalidPayloadError: the value is too deep, an integer is beyond a float, or a text holds
            half of a surrogate pair.
    """
    try:
        packed: bytes = _msgpack.packb(value, default=_as_float)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidPayloadError(f"can't be sent to other servers: {error}") from error
    return packed


def unpack(data: bytes) -> Any:
    """Read a message.

    Raises:
        InvalidMessageError: it isn't MessagePack, or holds what JSON can't.
    """

    def extend(code: int, content: bytes) -> Any:
        if code != _OLD_EXTENSION:
            raise ValueError(f"MessagePack extension {code} has no JSON form")
        if len(content) == _UNDEFINED_SIZE:
            return None
        if len(content) == _DATE_SIZE:
            return _iso(timedelta(milliseconds=int.from_bytes(content, "big", signed=True)))
        return content

    try:
        value = _msgpack.unpackb(data, ext_hook=extend)
        has_date = b"\xff" in data  # the code of the extension -1, among others
        return _without_dates(value) if has_date else value
    except (
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        _msgpack.UnpackException,
    ) as error:
        raise InvalidMessageError(f"no MessagePack: {error}") from error


def _as_float(value: Any) -> float:
    """Write an integer beyond 64 bits as JavaScript would."""
    if isinstance(value, int):
        return float(value)
    raise TypeError(f"a value of type {type(value).__name__!r} can't be written")


def _without_dates(value: Any) -> Any:
    if isinstance(value, _msgpack.Timestamp):
        return _iso(timedelta(seconds=value.seconds, microseconds=value.nanoseconds // 1000))
    if value.__class__ is list:
        items: list[Any] = value
        return [_without_dates(item) for item in items]
    if value.__class__ is dict:
        members: dict[Any, Any] = value
        return {key: _without_dates(member) for key, member in members.items()}
    return value


def _iso(since: timedelta) -> str:
    """Return what `Date.prototype.toJSON` would."""
    return (_EPOCH + since).isoformat(timespec="milliseconds").replace("+00:00", "Z")
