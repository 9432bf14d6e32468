"""The entries of the stream of a cluster, as they are written and read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias

from ackord.runtime.adapters.base import Target
from ackord.runtime.adapters.cluster.binary import pack, unpack
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Command, Message
from ackord.runtime.adapters.cluster.wire import (
    Kind,
    decode_any,
    decode_data,
    encode_data,
    read_target,
)
from ackord.runtime.adapters.redis.link import Argument
from ackord.runtime.errors import PeerError
from ackord.runtime.sockets.payloads import decode_json

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
_OPTIONS: Final = b'},"opts":'


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
    if kind == BROADCAST and (target := _read_target_only(data)) and not needs(target):
        return None
    known = _KINDS.get(kind)
    return None if known is None else decode_data(known, read_data(data))


def _read_target_only(data: bytes) -> Target | None:
    """Read the recipients of a broadcast from the end of the JSON text, without reading the packet;
    `None` if ``opts`` isn't the last member.

    After the last ``},"opts":`` of the text there must be one JSON value and one brace: then it is
    a member of the outermost object, because a nested one would have more braces after it.
    """
    start = data.rfind(_OPTIONS)
    if start < 0 or not data.endswith(b"}}"):
        return None
    with suppress(ValueError, PeerError):
        return read_target(decode_json(data[start + len(_OPTIONS) : -1].decode()))
    return None


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
