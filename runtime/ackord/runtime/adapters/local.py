"""A cluster of several servers in one event loop, for tests of applications."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ackord.runtime.adapters.base import LocalNamespace
from ackord.runtime.adapters.cluster.adapter import ClusterAdapter
from ackord.runtime.adapters.cluster.bus import ChannelBus
from ackord.runtime.adapters.cluster.channels import Receive


class LocalBus:
    """Joins servers of one event loop in a cluster.

    ::

        bus = LocalBus()
        one, two = Server(adapter=bus.make_adapter), Server(adapter=bus.make_adapter)

    A server belongs to the cluster from its start (`Server.lifespan`) or its first connection to
    its end. In another event loop each server has to start again. What crosses servers is encoded
    as it is for Redis.
    """

    __slots__ = ("_buses", "_loop", "subscribers")

    def __init__(self) -> None:
        self.subscribers: dict[str, dict[LocalChannels, None]] = {}
        """Who has subscribed to a channel, in the order of subscription."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._buses: dict[str, ChannelBus] = {}

    def make_adapter(self, namespace: LocalNamespace) -> ClusterAdapter:
        """Make the adapter of a namespace: the option `adapter` of a `Server`."""
        bus = self._buses.get(namespace.server_id)
        if bus is None:
            bus = self._buses[namespace.server_id] = ChannelBus(LocalChannels(self))
        return bus.make_adapter(namespace)

    def enter(self) -> None:
        """Forget the subscribers of another event loop, which has ended."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self.subscribers.clear()
            self._loop = loop


class LocalChannels:
    """One server's channels within an event loop; implements `Channels`.

    A message arrives in a later turn of the event loop.
    """

    __slots__ = ("_bus", "_receive", "_subscribed")

    def __init__(self, bus: LocalBus) -> None:
        """Begin without subscriptions."""
        self._bus = bus
        self._subscribed: set[str] = set()
        self._receive: Receive | None = None

    async def open(self, receive: Receive) -> None:
        """See `Channels.open`."""
        self._bus.enter()
        self._receive = receive

    def receive(self, channel: str, data: bytes) -> None:
        """Take a message of another server."""
        if self._receive is not None:
            self._receive(channel, data)

    async def subscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.subscribe`."""
        for channel in channels:
            self._subscribed.add(channel)
            self._bus.subscribers.setdefault(channel, {})[self] = None

    def unsubscribe(self, channels: Iterable[str]) -> None:
        """See `Channels.unsubscribe`."""
        for channel in channels:
            self._subscribed.discard(channel)
            if (subscribers := self._bus.subscribers.get(channel)) is not None:
                subscribers.pop(self, None)
                if not subscribers:
                    del self._bus.subscribers[channel]

    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        """See `Channels.publish`."""
        loop = asyncio.get_running_loop()
        published: asyncio.Future[None] = loop.create_future()
        loop.call_soon(self._deliver, channel, data, published)
        return published

    def may_be_heard(self, channel: str) -> bool:
        """See `Channels.may_be_heard`."""
        return any(other is not self for other in self._bus.subscribers.get(channel, ()))

    async def count(self, channel: str) -> int:
        """See `Channels.count`."""
        return len(self._bus.subscribers.get(channel, ()))

    async def close(self) -> None:
        """See `Channels.close`."""
        self.discard()

    def discard(self) -> None:
        """See `Channels.discard`."""
        self.unsubscribe(tuple(self._subscribed))
        self._receive = None

    def _deliver(self, channel: str, data: bytes, published: asyncio.Future[None]) -> None:
        for other in tuple(self._bus.subscribers.get(channel, ())):
            if other is not self:
                other.receive(channel, data)
        if not published.done():
            published.set_result(None)
