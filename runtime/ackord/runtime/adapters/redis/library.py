"""What is used of the library redis-py, which has the extra ``ackord[redis]``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, TypeAlias

from typing_extensions import override

try:
    _asyncio: Any = import_module("redis.asyncio.connection")  # its annotations are incomplete
    _exceptions: Any = import_module("redis.exceptions")
    _retry: Any = import_module("redis.asyncio.retry")
    _backoff: Any = import_module("redis.backoff")
    _crc: Any = import_module("redis.crc")
    _hiredis: Any = import_module("hiredis")
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "the adapters for Redis need the packages redis and hiredis; install them with: "
        "pip install 'ackord[redis]'"
    ) from missing

RedisError: type[Exception] = _exceptions.RedisError
ReplyError: type[Exception] = _exceptions.ResponseError

CONNECT_TIMEOUT: Final = 5.0
"""Seconds to connect, with TLS and the password."""
_SHORTEST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 2.0


Received: TypeAlias = Callable[[Any], object]
"""Takes a reply, or a message that Redis sends by itself; texts are bytes, a refusal is a
`ReplyError`.
"""
Lost: TypeAlias = Callable[[Exception], object]
"""Called once, when a connection is lost or closed."""


class Connection(asyncio.Protocol):
    """A connection on which redis-py has logged in: what comes is parsed as it comes, without the
    streams and the tasks that redis-py has for it.
    """

    def __init__(self, library: Any, received: Received, lost: Lost) -> None:
        """Take the connection over from redis-py."""
        # There is no public way. redis-py and the writer close what they have when they are
        # deleted.
        self._writer: asyncio.StreamWriter = library._writer  # noqa: SLF001
        library._writer = library._reader = None  # noqa: SLF001
        self._transport: asyncio.WriteTransport = self._writer.transport
        self._received = received
        self._lost = lost
        self._reader: Any = _hiredis.Reader(replyError=ReplyError)
        self._transport.set_protocol(self)

    @property
    def unsent(self) -> int:
        """Bytes that the network hasn't taken yet."""
        return self._transport.get_write_buffer_size()

    @property
    def is_closing(self) -> bool:
        """Whether the connection is lost, or closed by `close` or `abort`."""
        return self._transport.is_closing()

    def write(self, commands: Sequence[bytes]) -> None:
        """Write encoded commands."""
        if not self._transport.is_closing():
            self._transport.write(b"".join(commands))

    def close(self) -> None:
        """Write what waits, and close."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        reader, received = self._reader, self._received
        reader.feed(data)
        while (reply := reader.gets()) is not False:
            received(reply)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(exc or ConnectionError("Redis has closed it"))


async def make_connection(url: str, received: Received, lost: Lost) -> Connection:
    """Connect to Redis.

    Raises:
        RedisError, OSError: it can't be reached, or refuses.
        ValueError: the URL isn't one for Redis.
    """
    pool = _asyncio.ConnectionPool.from_url(
        url,
        # A subscription may be silent for any time; `RedisLink` finds dead connections itself.
        socket_timeout=None,
        socket_connect_timeout=CONNECT_TIMEOUT,
        health_check_interval=0,
        protocol=2,
        retry=_retry.Retry(_backoff.NoBackoff(), 0),
        client_name="ackord",
    )
    connection = pool.make_connection()
    try:
        # redis-py bounds the connection itself, and not the replies to what it sends first.
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await connection.connect()
    except TimeoutError as error:
        await connection.disconnect(nowait=True)
        raise RedisError(f"it doesn't answer within {CONNECT_TIMEOUT:g} s") from error
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    made = Connection(connection, received, lost)
    if made.is_closing:  # it was lost at once, which is told only once
        raise RedisError("it closes connections")
    return made


SLOTS: Final[int] = _crc.REDIS_CLUSTER_HASH_SLOTS
"""The slots of a Redis Cluster."""


def slot_of(channel: str) -> int:
    """Return the slot of a Redis Cluster that a channel belongs to."""
    slot: int = _crc.key_slot(channel.encode("utf-8", "replace"))
    return slot


class Backoff:
    """Waits between attempts to connect, each about twice as long as the one before."""

    __slots__ = ("_wait",)

    def __init__(self) -> None:
        self._wait = _SHORTEST_WAIT

    def next(self) -> float:
        """Return the seconds to wait before the next attempt."""
        wait = self._wait
        self._wait = min(2 * wait, _LONGEST_WAIT)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311  # spreads the load
