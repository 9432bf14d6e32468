"""The sharded channels of a Redis Cluster: each channel belongs to a slot, and each slot to one of
the shards, which may change.

With a single Redis there is one shard, which has all channels.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from ackord.runtime.adapters.cluster.channels import Receive
from ackord.runtime.adapters.redis.channels import RedisChannels
from ackord.runtime.adapters.redis.library import SLOTS, slot_of
from ackord.runtime.errors import ClusterError
from ackord.runtime.logs.limited import LimitedLog

LOOK_INTERVAL: Final = 2.0
"""Seconds after which shards are asked who has which slots while one of them is away."""
PAUSE: Final = 0.2
"""Seconds between two such questions, at least."""


class RedisShards:
    """Channels over connections to each shard; implements
    `ackord.runtime.adapters.cluster.channels.Channels`.
    """

    __slots__ = (
        "_doubt",
        "_log",
        "_owners",
        "_receive",
        "_shards",
        "_subscribed",
        "_suspects",
        "_url",
        "_watch",
    )

    def __init__(self, url: str) -> None:
        """Begin without connections; `url` is that of any shard, see `RedisLink`."""
        self._url = url
        self._log = LimitedLog(logging.getLogger("ackord.runtime.cluster"))
        self._shards: dict[str, RedisChannels] = {}
        # By slot: the URL of its shard.
        self._owners: list[str] = []
        # By channel: where it is subscribed to.
        self._subscribed: dict[str, str] = {}
        # Shards that ended or refused a subscription, without telling which one for sure.
        self._suspects: set[str] = set()
        self._receive: Receive | None = None
        self._doubt = asyncio.Event()
        # Only in a Redis Cluster.
        self._watch: asyncio.Task[None] | None = None

    async def open(self, receive: Receive) -> None:
        """See `Channels.open`."""
        self._receive = receive
        self._doubt = asyncio.Event()
        try:
            await self._open_shard(self._url)
            if await self._learn():
                self._watch = asyncio.get_running_loop().create_task(self._follow())
        except BaseException:
            await self.close()
            raise

    async def subscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.subscribe`."""
        by_owner: dict[str, list[str]] = {}
        for channel in channels:
            owner = self._subscribed[channel] = self._owner(channel)
            by_owner.setdefault(owner, []).append(channel)
        await asyncio.gather(
            *(
                self._shards[owner].subscribe(found)
                for owner, found in by_owner.items()
                if owner in self._shards
            )
        )

    def unsubscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.unsubscribe`."""
        for channel in channels:
            owner = self._subscribed.pop(channel, None)
            if owner in self._shards:
                self._shards[owner].unsubscribe([channel])

    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        """See `Channels.publish`."""
        published = self._shard(channel).publish(channel, data)
        if self._watch is not None:
            published.add_done_callback(self._doubt_if_lost)
        return published

    def may_be_heard(self, channel: str) -> bool:  # noqa: ARG002  # the Protocol's signature
        """See `Channels.may_be_heard`: only Redis knows."""
        return True

    async def count(self, channel: str) -> int:
        """See `Channels.count`."""
        return await self._shard(channel).count(channel)

    async def close(self) -> None:
        """See `Channels.close`."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait([watch])
        shards, self._shards = self._shards, {}
        await asyncio.gather(*(shard.close() for shard in shards.values()))
        self._subscribed.clear()

    def discard(self) -> None:
        """See `Channels.discard`."""
        self._watch = None
        for shard in self._shards.values():
            shard.discard()
        self._shards.clear()
        self._subscribed.clear()

    # Which shard has which slots

    def _owner(self, channel: str) -> str:
        return self._url if self._watch is None else self._owners[slot_of(channel)]

    def _shard(self, channel: str) -> RedisChannels:
        """Return what sends to a channel; before `open` and after `close` it has no connection."""
        return self._shards.get(self._owner(channel)) or RedisChannels(self._url)

    async def _open_shard(self, url: str) -> None:
        if self._receive is not None and url not in self._shards:
            shard = RedisChannels(url, is_sharded=True, doubt=partial(self._suspect, url))
            await shard.open(self._receive)
            self._shards[url] = shard

    def _suspect(self, url: str) -> None:
        self._suspects.add(url)
        self._doubt.set()

    def _doubt_if_lost(self, published: asyncio.Future[None]) -> None:
        if not published.cancelled() and published.exception() is not None:
            self._doubt.set()

    async def _follow(self) -> None:
        """Ask again who has which slots, whenever that may have changed."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL):
                    await self._doubt.wait()
            if self._doubt.is_set() or not all(each.is_connected for each in self._shards.values()):
                self._doubt.clear()
                try:
                    await self._learn()
                except ClusterError as error:
                    self._log.write_warning(
                        "shards", None, f"The shards of Redis aren't all known: {error}"
                    )
                await asyncio.sleep(PAUSE)

    async def _learn(self) -> bool:
        """Ask who has which slots, and subscribe there; return whether Redis is a cluster.

        Raises:
            ClusterError: no shard answers, or one can't be reached.
        """
        owners = self._read(await self._ask())
        if owners is None:
            return False
        for url in dict.fromkeys(owners):
            await self._open_shard(url)
        self._owners = owners
        suspects, self._suspects = self._suspects, set()
        again = [
            channel
            for channel, url in self._subscribed.items()
            if url in suspects or url != owners[slot_of(channel)]
        ]
        for channel in again:
            # Where the slot has moved, the old shard itself has ended the subscription.
            self._shards[self._subscribed[channel]].forget(channel)
        await self.subscribe(again)
        for url in self._shards.keys() - set(owners):
            await self._shards.pop(url).close()
        return True

    async def _ask(self) -> Any:
        for shard in self._shards.values():
            if shard.is_connected:
                try:
                    return await shard.ask("CLUSTER", "SLOTS")
                except ClusterError:
                    if shard.is_connected:
                        return None  # it isn't a cluster, or doesn't tell
        raise ClusterError("there is no connection to any shard")

    def _read(self, reply: Any) -> list[str] | None:
        """Read the reply to CLUSTER SLOTS; `None` if there is none.

        Raises:
            ClusterError: some slots belong to no shard.
        """
        if reply is None:
            return None
        owners = [""] * SLOTS
        for item in reply:
            match item:
                case [int(first), int(last), [bytes(host), int(port), *_], *_]:
                    owners[first : last + 1] = [self._url_of(host, port)] * (last - first + 1)
                case _:
                    pass
        if len(owners) != SLOTS or not all(owners):
            raise ClusterError("some slots of the Redis Cluster belong to no shard")
        return owners

    def _url_of(self, host: bytes, port: int) -> str:
        parts = urlsplit(self._url)
        name = host.decode("utf-8", "replace") or parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}{name}:{port}"))
