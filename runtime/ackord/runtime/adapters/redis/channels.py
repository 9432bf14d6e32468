"""Channels of Redis: publish and subscribe, plain or sharded (Redis 7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from ackord.runtime.adapters.cluster.channels import Receive
from ackord.runtime.adapters.redis.link import RedisLink, settle
from ackord.runtime.errors import ClusterError
from ackord.runtime.logs.limited import LimitedLog


class RedisChannels:
    """Channels over two connections to Redis, one to publish and one to receive; implements
    `ackord.runtime.adapters.cluster.channels.Channels`.
    """

    __slots__ = (
        "_awaited",
        "_commands",
        "_count",
        "_doubt",
        "_incoming",
        "_log",
        "_outgoing",
        "_publish",
        "_receive",
        "_subscribe",
        "_subscribed",
        "_unsubscribe",
    )

    def __init__(
        self,
        url: str,
        *,
        is_sharded: bool = False,
        doubt: Callable[[], object] | None = None,
    ) -> None:
        """Begin without connections.

        Args:
            url: Of Redis; see `RedisLink`.
            is_sharded: Use SSUBSCRIBE and SPUBLISH, which Redis has since version 7.
            doubt: Called when Redis ends a subscription or refuses one: another shard of a Redis
                Cluster may have the channel.
        """
        self._doubt = doubt
        log = self._log = LimitedLog(logging.getLogger("ackord.runtime.cluster"))
        self._outgoing = RedisLink(url, "what other servers are sent", log)
        self._incoming = RedisLink(
            url, "what other servers send", log, take=self._take, mended=self._subscribe_again
        )
        shard = "S" if is_sharded else ""
        self._subscribe, self._unsubscribe = f"{shard}SUBSCRIBE", f"{shard}UNSUBSCRIBE"
        self._publish, self._count = f"{shard}PUBLISH", f"{'SHARD' if is_sharded else ''}NUMSUB"
        self._receive: Receive | None = None
        self._subscribed: set[str] = set()
        # Subscriptions whose reply is awaited, by channel.
        self._awaited: dict[str, list[asyncio.Future[None]]] = {}

    @property
    def is_connected(self) -> bool:
        """Whether both connections are there."""
        return self._outgoing.is_connected and self._incoming.is_connected

    def ask(self, *command: str) -> asyncio.Future[Any]:
        """Send a command to Redis; the future is that of `RedisLink.call`."""
        return self._outgoing.call(*command)

    async def open(self, receive: Receive) -> None:
        """See `Channels.open`."""
        self._receive = receive
        await self._outgoing.open()
        try:
            await self._incoming.open()
        except ClusterError:
            await self._outgoing.close()
            raise

    async def subscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.subscribe`."""
        added = [channel for channel in channels if channel not in self._subscribed]
        self._subscribed.update(added)
        await self._request(added)

    async def _request(self, channels: list[str]) -> None:
        if not channels or not self._incoming.is_connected:
            return
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[None]] = []
        for channel in channels:
            future: asyncio.Future[None] = loop.create_future()
            self._awaited.setdefault(channel, []).append(future)
            futures.append(future)
            # One command a channel: in a sharded cluster each may be in another slot.
            self._incoming.send(self._subscribe, channel)
        await asyncio.gather(*futures)

    def unsubscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.unsubscribe`."""
        for channel in channels:
            if channel in self._subscribed:
                self._subscribed.discard(channel)
                self._incoming.send(self._unsubscribe, channel)

    def forget(self, channel: str) -> None:
        """Do not subscribe again: another shard has the channel now."""
        self._subscribed.discard(channel)

    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        """See `Channels.publish`."""
        return self._outgoing.call(self._publish, channel, data)

    def may_be_heard(self, channel: str) -> bool:  # noqa: ARG002  # the Protocol's signature
        """See `Channels.may_be_heard`: only Redis knows."""
        return True

    async def count(self, channel: str) -> int:
        """See `Channels.count`."""
        match await self._outgoing.call("PUBSUB", self._count, channel):
            case [_, int(count)]:
                return count
            case _:
                raise ClusterError("Redis doesn't tell how many servers there are")

    async def close(self) -> None:
        """See `Channels.close`."""
        self._receive = None
        await self._outgoing.close()
        await self._incoming.close()
        self._settle()
        self._forget()

    def discard(self) -> None:
        """See `Channels.discard`."""
        self._receive = None
        self._outgoing.discard()
        self._incoming.discard()
        self._forget()

    def _forget(self) -> None:
        self._subscribed.clear()
        self._awaited.clear()

    def _settle(self) -> None:
        """Let nobody wait for replies any more: the connection is lost."""
        for futures in self._awaited.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)
        self._awaited.clear()

    def _subscribe_again(self) -> None:
        self._settle()
        for channel in self._subscribed:
            self._incoming.send(self._subscribe, channel)

    def _take(self, reply: Any) -> None:
        match reply:
            case [b"message" | b"smessage", bytes(channel), bytes(data)]:
                if self._receive is not None:
                    self._receive(channel.decode("utf-8", "replace"), data)
            case [b"subscribe" | b"ssubscribe", bytes(channel), _]:
                for future in self._awaited.pop(channel.decode("utf-8", "replace"), ()):
                    if not future.done():
                        future.set_result(None)
            case [b"sunsubscribe", bytes(channel), _]:
                if (
                    self._doubt is not None
                    and channel.decode("utf-8", "replace") in self._subscribed
                ):
                    self._doubt()
            case Exception():
                self._refused(reply)
                if self._doubt is not None:
                    self._doubt()
            case _:
                pass  # the replies to UNSUBSCRIBE and PING

    def _refused(self, error: Exception) -> None:
        """Fail the subscriptions whose reply is awaited: Redis doesn't say which one it refuses."""
        self._log.write_warning("subscription", None, f"Redis refused a subscription: {error}")
        awaited, self._awaited = self._awaited, {}
        for futures in awaited.values():
            for future in futures:
                settle(future, error)
