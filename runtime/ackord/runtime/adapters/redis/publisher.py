"""Publishers over Redis, for processes without a server: what the emitters of generated code send
goes through them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.adapters.cluster import wire
from ackord.runtime.adapters.cluster.bus import SubscriptionMode
from ackord.runtime.adapters.cluster.messages import (
    Broadcast,
    Command,
    Disconnect,
    Join,
    Leave,
    ServerEvent,
)
from ackord.runtime.adapters.redis import classic
from ackord.runtime.adapters.redis.entries import entry_of
from ackord.runtime.adapters.redis.link import Argument, RedisLink
from ackord.runtime.adapters.redis.shards import RedisShards
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.event import EncodedEvent

EMITTER: Final = "emitter"
"""The id of every process without a server, in Node too."""

Address: TypeAlias = Callable[[str, Command], tuple[Argument, ...]]
"""Makes the arguments of `Link.call` that send a command to a namespace."""


class Link(Protocol):
    """What a publisher needs of `RedisLink`."""

    async def open(self) -> None:
        """See `RedisLink.open`."""
        ...

    def call(self, *arguments: Argument) -> asyncio.Future[Any]:
        """See `RedisLink.call`."""
        ...

    async def close(self) -> None:
        """See `RedisLink.close`."""
        ...


def _link(url: str) -> Link:
    log = LimitedLog(logging.getLogger("ackord.runtime.cluster"))
    return RedisLink(url, "what the servers are sent", log)


class RedisPublisher:
    """Sends to a cluster over Redis; implements `ackord.runtime.adapters.publisher.Publisher`."""

    __slots__ = ("_address", "_link", "_make_link", "_opening")

    def __init__(self, make_link: Callable[[], Link], address: Address) -> None:
        """Begin without a connection."""
        self._make_link = make_link
        self._address = address
        self._link: Link | None = None
        self._opening = asyncio.Lock()

    async def publish(
        self, namespace: str, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> None:
        """See `Publisher.publish`."""
        await self._send(namespace, Broadcast(event, target, flags))

    async def join(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        """See `Publisher.join`."""
        await self._send(namespace, Join(target, rooms))

    async def leave(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        """See `Publisher.leave`."""
        await self._send(namespace, Leave(target, rooms))

    async def disconnect(self, namespace: str, target: Target, close: bool) -> None:
        """See `Publisher.disconnect`."""
        await self._send(namespace, Disconnect(target, close))

    async def server_side_emit(self, namespace: str, event: EncodedEvent) -> None:
        """See `Publisher.server_side_emit`."""
        await self._send(namespace, ServerEvent(event))

    async def close(self) -> None:
        """See `Publisher.close`."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _send(self, namespace: str, command: Command) -> None:
        await (await self._connected()).call(*self._address(namespace, command))

    async def _connected(self) -> Link:
        async with self._opening:
            if self._link is None:
                link = self._make_link()
                await link.open()
                self._link = link
            return self._link


def redis_publisher(url: str, *, key: str = "socket.io") -> RedisPublisher:
    """Send to the servers of a cluster that have `redis_adapter`, or in Node `createAdapter` of
    ``@socket.io/redis-adapter``; does what npm's ``@socket.io/redis-emitter`` does.

    ::

        async with ChatEmitter(redis_publisher("redis://127.0.0.1:6379")) as chat: ...
    """

    def address(namespace: str, command: Command) -> tuple[Argument, ...]:
        data = classic.encode_command(command, EMITTER, namespace)
        if isinstance(command, Broadcast):
            rooms = command.target.rooms
            room = f"{next(iter(rooms))}#" if rooms is not None and len(rooms) == 1 else ""
            return "PUBLISH", f"{key}#{namespace}#{room}", data
        return "PUBLISH", f"{key}-request#{namespace}#", data

    return RedisPublisher(partial(_link, url), address)


def redis_streams_publisher(
    url: str, *, stream_name: str = "socket.io", max_len: int = 10_000
) -> RedisPublisher:
    """Send to the servers of a cluster that have `redis_streams_adapter`, or in Node
    `createAdapter` of ``@socket.io/redis-streams-adapter``.
    """

    def address(namespace: str, command: Command) -> tuple[Argument, ...]:
        return entry_of(command, EMITTER, namespace, stream_name, max_len)

    return RedisPublisher(partial(_link, url), address)


class _Shards:
    """The shards of a Redis Cluster, as the link of a publisher."""

    def __init__(self, url: str) -> None:
        self._shards = RedisShards(url)

    async def open(self) -> None:
        await self._shards.open(_ignore)

    def call(self, *arguments: Argument) -> asyncio.Future[Any]:
        """Publish: the arguments are the channel and the message."""
        channel, data = arguments
        return self._shards.publish(str(channel), data if isinstance(data, bytes) else b"")

    async def close(self) -> None:
        await self._shards.close()


def _ignore(_channel: str, _data: bytes) -> None:
    """Take what comes: nothing is subscribed to."""


def sharded_redis_publisher(
    url: str,
    *,
    channel_prefix: str = "socket.io",
    subscription_mode: SubscriptionMode = SubscriptionMode.DYNAMIC,
) -> RedisPublisher:
    """Send to the servers of a cluster that have `sharded_redis_adapter`, or in Node
    `createShardedAdapter`.
    """

    def address(namespace: str, command: Command) -> tuple[str, bytes]:
        data = wire.encode(command, EMITTER, namespace)
        channel = f"{channel_prefix}#{namespace}#"
        if isinstance(command, Broadcast):
            rooms = command.target.rooms
            if rooms is not None and len(rooms) == 1:
                (room,) = rooms
                if subscription_mode.has_channel(room):
                    channel += f"{room}#"
        return channel, data

    return RedisPublisher(partial(_Shards, url), address)
