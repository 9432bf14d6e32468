"""The entries of the stream of a cluster, as they are written and read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from ackord.runtime.adapters.base import Target
from ackord.runtime.adapters.cluster.binary import pack, unpack
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Command, Message
from ackord.runtime.adapters.cluster.slices import slice_broadcast
from ackord.runtime.adapters.cluster.wire import (
    Kind,
    decode_any,
    decode_data,
    encode_data,
)
from ackord.runtime.adapters.redis.link import Argument

Fields: TypeAlias = dict[bytes, bytes]
"""The fields of an entry."""

BROADCAST: Final = str(Kind.BROADCAST.value).encode()
"""The type of an event for sockets."""
_KINDS: Final = {
    str(kind.value).encode(): kind.value
    for kind in (
        Kind.BROADCAST,
        Kind.SOCKETS_JOIN,
        Kind.SOCKETS_LEAVE,
        Kind.DISCONNECT_SOCKETS,
        Kind.SERVER_SIDE_EMIT,
    )
}


def entry_of(
    command: Command, uid: str, namespace: str, stream: str, max_len: int
) -> tuple[Argument, ...]:
    """Return the command of Redis that writes an entry; what holds bytes is MessagePack in base64.

    `uid` is the id of the server that writes, `max_len` how many entries the stream keeps, about.
    """
    data = encode_data(command)
    text = data.text or b64encode(pack(data.values))
    return (
        *("XADD", stream, "MAXLEN", "~", max_len, "*", "uid", uid, "nsp", namespace),
        *("type", data.kind.value, "data", text),
    )


def entries_of(reply: Any) -> Iterator[tuple[bytes, Fields]]:
    """Yield the entries of a reply to XREAD of one stream."""
    match reply:
        case [[_, [*entries]]]:
            yield from read_entries(entries)
        case _:
            pass  # no entry came in time


def read_entries(entries: Any) -> Iterator[tuple[bytes, Fields]]:
    """Yield the entries of a reply to XRANGE."""
    for entry, fields in entries:
        yield entry, dict(zip(fields[::2], fields[1::2], strict=False)) if fields else {}


def read_entry(fields: Fields, needs: Callable[[Target], bool]) -> Message | None:
    """Read an entry; `None` if its type isn't known, or if it is a broadcast that isn't of use.

    Raises:
        InvalidMessageError: it isn't what this type has.
    """
    kind, data = fields.get(b"type", b""), fields.get(b"data", b"")
    if kind == BROADCAST and (sliced := slice_broadcast(data)) is not None:
        if not needs(sliced.target):
            return None
        if (broadcast := sliced.broadcast()) is not None:
            return broadcast
    known = _KINDS.get(kind)
    return None if known is None else decode_data(known, read_data(data))


def read_data(data: bytes) -> Any:
    """Read the field ``data`` of an entry: JSON, or MessagePack as base64.

    Raises:
        InvalidMessageError: it is neither.
    """
    if data.startswith(b"{"):
        return decode_any(data)
    try:
        return unpack(b64decode(data, validate=True))
    except ValueError as error:
        raise InvalidMessageError("no base64") from error
