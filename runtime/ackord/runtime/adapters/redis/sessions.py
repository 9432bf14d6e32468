"""The events and the absent clients of one namespace, which Redis keeps: entries of the stream, and
sessions as values with an end, as Node's adapter writes them.

A session is base64 of MessagePack: ``{sid, pid, rooms, data}``. Servers of Ackord add ``since``,
the last entry when the socket joined: so a client that has received nothing may come back, too.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final, Protocol

from ackord.runtime.adapters.base import KeptSession, Target
from ackord.runtime.adapters.cluster.binary import pack, unpack
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Broadcast
from ackord.runtime.adapters.cluster.wire import plain_data
from ackord.runtime.adapters.redis.entries import BROADCAST, read_entries, read_entry
from ackord.runtime.adapters.redis.link import RedisLink
from ackord.runtime.protocol.socketio.event import EncodedEvent

_OFFSET: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
_PID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_LAST: Final = 2**64 - 1
"""The last number of an entry within a millisecond."""


class Reading(Protocol):
    """The stream, as one server reads it."""

    writer: RedisLink
    """Takes commands."""
    position: bytes
    """The id of the entry that was read last, or that is performed now."""

    def watch_session(self, kept: asyncio.Future[Any]) -> None:
        """Log a session that Redis doesn't keep."""
        ...


class StreamHistory:
    """The history of one namespace; implements `ackord.runtime.adapters.base.History`."""

    __slots__ = ("_count", "_key_prefix", "_namespace", "_reading", "_stream")

    def __init__(
        self, reading: Reading, namespace: str, *, stream: str, count: int, key_prefix: str
    ) -> None:
        """Take the parts.

        Args:
            reading: What the server has read.
            namespace: The name of the namespace.
            stream: The name of the stream.
            count: Entries that are read at once.
            key_prefix: Begins the keys of the sessions.
        """
        self._reading = reading
        self._namespace = namespace.encode()
        self._stream = stream
        self._count = count
        self._key_prefix = key_prefix

    @property
    def position(self) -> str:
        """See `History.position`."""
        return self._reading.position.decode()

    def keep(self, session: KeptSession, seconds: float) -> None:
        """See `History.keep`."""
        value = pack(
            {
                "sid": session.sid,
                "pid": session.pid,
                "rooms": list(session.rooms),
                "data": plain_data(session.data),
                "since": session.since,
            }
        )
        kept = self._reading.writer.call(
            *("SET", self._key_prefix + session.pid, b64encode(value)),
            *("PX", max(round(seconds * 1000), 1)),
        )
        kept.add_done_callback(self._reading.watch_session)

    async def take(self, pid: str, offset: str | None) -> KeptSession | None:
        """See `History.take`."""
        if not _PID.fullmatch(pid) or not (offset is None or _OFFSET.fullmatch(offset)):
            return None
        writer, key = self._reading.writer, self._key_prefix + pid
        taken = writer.transact(("GET", key), ("PTTL", key), ("DEL", key))
        try:
            session = _read_session((await asyncio.shield(taken))[0], pid, offset)
            if session is None:
                return None
            seen = session.seen
            return session if await writer.call("XRANGE", self._stream, seen, seen) else None
        except asyncio.CancelledError:  # the client has gone again, and may come back once more
            taken.add_done_callback(partial(self._put_back, key))
            raise

    def _put_back(self, key: str, taken: asyncio.Future[list[Any]]) -> None:
        if taken.cancelled() or taken.exception() is not None:
            return
        value, left, _ = taken.result()
        if value is not None and left > 0:
            kept = self._reading.writer.call("SET", key, value, "PX", left)
            kept.add_done_callback(self._reading.watch_session)

    async def missed(
        self, session: KeptSession, until: str
    ) -> AsyncIterator[tuple[str, EncodedEvent | None, int]]:
        """See `History.missed`."""
        rooms = session.rooms | {session.sid}

        def is_for_it(target: Target) -> bool:
            is_in = target.rooms is None or not rooms.isdisjoint(target.rooms)
            return is_in and rooms.isdisjoint(target.except_)

        start, end = _next(session.seen), _numbers(until)
        while start <= end:
            found = await self._reading.writer.call(
                *("XRANGE", self._stream, f"{start[0]}-{start[1]}", until, "COUNT", self._count)
            )
            if not found:
                return
            for entry, fields in read_entries(found):
                position, event = entry.decode(), None
                if fields.get(b"nsp") == self._namespace and fields.get(b"type") == BROADCAST:
                    try:
                        message = read_entry(fields, is_for_it)
                    except InvalidMessageError:
                        message = None  # the reader has told of it
                    if (
                        isinstance(message, Broadcast)
                        and not message.flags.volatile
                        and is_for_it(message.target)
                    ):
                        event = message.event
                yield position, event, len(fields.get(b"data", b""))
                start = _next(position)


def _read_session(value: bytes | None, pid: str, offset: str | None) -> KeptSession | None:
    try:
        members = unpack(b64decode(value or b"", validate=True))
    except (ValueError, InvalidMessageError):
        return None
    match members:
        case {"sid": str(sid), "pid": str(found), "rooms": [*rooms]} if sid and found == pid:
            since = _since(members.get("since"))
            names = frozenset(room for room in rooms if isinstance(room, str))
            seen = max(
                [position for position in (offset, since) if position], key=_numbers, default=""
            )
            if not seen:
                return None
            return KeptSession(sid, pid, names, members.get("data"), since, seen)
        case _:
            return None


def _since(value: Any) -> str:
    return value if isinstance(value, str) and _OFFSET.fullmatch(value) else ""


def _numbers(position: str) -> tuple[int, int]:
    time, _, number = position.partition("-")
    return int(time), int(number)


def _next(position: str) -> tuple[int, int]:
    time, number = _numbers(position)
    return (time, number + 1) if number < _LAST else (time + 1, 0)
