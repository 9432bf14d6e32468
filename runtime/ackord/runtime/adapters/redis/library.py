"""What is used of the library redis-py, which has the extra ``ackord[redis]``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final, Protocol

try:
    _asyncio: Any = import_module("redis.asyncio.connection")  # its annotations are incomplete
    _exceptions: Any = import_module("redis.exceptions")
    _retry: Any = import_module("redis.asyncio.retry")
    _backoff: Any = import_module("redis.backoff")
    _crc: Any = import_module("redis.crc")
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "the adapters for Redis need the package redis; install it with: "
        "pip install 'ackord[redis]'"
    ) from missing

RedisError: type[Exception] = _exceptions.RedisError
ReplyError: type[Exception] = _exceptions.ResponseError

CONNECT_TIMEOUT: Final = 5.0
"""Seconds to connect, with TLS and the password."""
_SHORTEST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 2.0


class Connection(Protocol):
    """The part of redis-py's connection that is used."""

    async def connect(self) -> None:
        """Connect, authenticate, select the database."""
        ...

    async def disconnect(self, nowait: bool = False) -> None:
        """Close the connection."""
        ...

    async def read_response(self, *, disable_decoding: bool) -> Any:
        """Return the next reply, or raise the error that Redis sent."""
        ...

    async def send_packed_command(self, command: Iterable[bytes], *, check_health: bool) -> None:
        """Write encoded commands, and wait until the network has taken most of them."""
        ...

    def close_transport(self) -> None:
        """Make `read_response` fail."""
        ...


async def make_connection(url: str) -> Connection:
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
    return _Closable(connection)


class _Closable:
    """A connection whose transport can be closed while somebody reads from it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.connect = connection.connect
        self.disconnect = connection.disconnect
        self.read_response = connection.read_response

    async def send_packed_command(self, command: Iterable[bytes], *, check_health: bool) -> None:
        """See `Connection.send_packed_command`; redis-py itself would connect once more."""
        if not self._connection.is_connected:
            raise RedisError("the connection is closed")
        await self._connection.send_packed_command(command, check_health=check_health)

    def close_transport(self) -> None:
        """See `Connection.close_transport`."""
        writer = self._connection._writer  # noqa: SLF001  # there is no public way
        if writer is not None:
            writer.transport.abort()


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
