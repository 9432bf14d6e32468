"""A bus over channels, in the way of Socket.IO's sharded Redis adapter.

Each namespace has a channel for all its servers, one for each server, and one for each room. A
server subscribes to the channels of the rooms that have members here, so that a message for the
members of one room isn't delivered to other servers.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from enum import StrEnum
from typing import Final

from ackord.runtime.adapters.base import LocalNamespace, Target
from ackord.runtime.adapters.cluster.adapter import ClusterAdapter
from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Answer, Broadcast, Command, Message
from ackord.runtime.adapters.cluster.slices import slice_message
from ackord.runtime.adapters.cluster.wire import decode, encode
from ackord.runtime.errors import ClusterError, UsageError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import printable
from ackord.runtime.tasks import TaskSet

_SID_LENGTH: Final = 20
"""Characters of a socket's id, in Node too."""


class SubscriptionMode(StrEnum):
    """Which rooms have a channel of their own; it must be the same on all servers."""

    DYNAMIC = "dynamic"
    """All but the rooms of single sockets, which have their ids: 20 characters."""
    DYNAMIC_PRIVATE = "dynamic-private"
    """All rooms."""
    STATIC = "static"
    """None: each server gets all messages of the namespace."""

    def has_channel(self, room: str) -> bool:
        """Whether a room has a channel of its own."""
        if self is SubscriptionMode.DYNAMIC:
            return len(room) != _SID_LENGTH
        return self is SubscriptionMode.DYNAMIC_PRIVATE


class ChannelBus:
    """Connects the namespaces of one server with those of the others over channels; implements
    `ackord.runtime.adapters.cluster.adapter.Bus`.

    Its method `make_adapter` is the option `adapter` of one `Server`. Buses whose messages have
    another form derive from it.
    """

    __slots__ = (
        "_adapters",
        "_is_open",
        "_joining",
        "_log",
        "_mode",
        "_tasks",
        "_wanted",
        "channels",
        "prefix",
    )

    def __init__(
        self,
        channels: Channels,
        *,
        prefix: str = "socket.io",
        mode: SubscriptionMode = SubscriptionMode.DYNAMIC,
    ) -> None:
        """Take the way between the servers; `prefix` begins the names of all channels."""
        self.channels = channels
        """The way between the servers."""
        self.prefix = prefix
        """Begins the names of all channels."""
        self._mode = mode
        # By channel: what comes on it is for this namespace.
        self._adapters: dict[str, ClusterAdapter] = {}
        # Channels of rooms that were made in this turn of the event loop.
        self._wanted: dict[str, None] = {}
        self._is_open = False
        self._joining = asyncio.Lock()
        self._log = LimitedLog(logging.getLogger("ackord.runtime.server"))
        self._tasks = TaskSet(self._log)

    def make_adapter(self, namespace: LocalNamespace) -> ClusterAdapter:
        """Make the adapter of a namespace.

        Raises:
            UsageError: another server has adapters of this bus.
        """
        self._check_server(namespace.server_id)
        adapter = ClusterAdapter(namespace, self)
        adapter.on("create-room", lambda room, _: self._room_created(adapter, room))
        adapter.on("delete-room", lambda room, _: self._room_deleted(adapter, room))
        return adapter

    def _check_server(self, server_id: str) -> None:
        # Only adapters that have joined count: a server that becomes a worker gets another id.
        joined = next(iter(self._adapters.values()), None)
        if joined is not None and joined.server_id != server_id:
            raise UsageError("these adapters belong to one server; make others for each server")

    # What an adapter asks; see `Bus`

    async def join(self, adapter: ClusterAdapter) -> None:
        """See `Bus.join`."""
        self._check_server(adapter.server_id)
        async with self._joining:
            if not self._is_open:
                await self.channels.open(self._receive)
                self._is_open = True
            channels = [
                *self.fixed_channels(adapter),
                *(
                    self.channel(adapter, room)
                    for room in adapter.rooms
                    if self._mode.has_channel(room)
                ),
            ]
            self._adapters.update(dict.fromkeys(channels, adapter))
            await self.channels.subscribe(channels)

    async def leave(self, adapter: ClusterAdapter) -> None:
        """See `Bus.leave`."""
        async with self._joining:
            channels = [channel for channel, found in self._adapters.items() if found is adapter]
            for channel in channels:
                del self._adapters[channel]
            self.channels.unsubscribe(channels)
            if not self._adapters and self._is_open:
                self._is_open = False
                await self._tasks.finish(0)
                await self.channels.close()

    def forget(self, adapter: ClusterAdapter) -> None:
        """See `Bus.forget`."""
        self._adapters = {
            channel: found for channel, found in self._adapters.items() if found is not adapter
        }
        if not self._adapters:
            self._is_open = False
            self._joining = asyncio.Lock()
            self._wanted.clear()
            self._tasks.discard()
            self.channels.discard()

    def may_reach(self, adapter: ClusterAdapter, target: Target) -> bool:
        """See `Bus.may_reach`."""
        return self.channels.may_be_heard(self.channel_for(adapter, target))

    def publish(self, adapter: ClusterAdapter, command: Command) -> asyncio.Future[None]:
        """See `Bus.publish`."""
        is_routed = isinstance(command, Broadcast) and command.request is None
        channel = (
            self.channel_for(adapter, command.target)
            if isinstance(command, Broadcast) and is_routed
            else self.channel(adapter)
        )
        return self.channels.publish(channel, encode(command, adapter.server_id, adapter.name))

    def answer(self, adapter: ClusterAdapter, server: str, answer: Answer) -> None:
        """See `Bus.answer`."""
        data = encode(answer, adapter.server_id, adapter.name)
        self.watch(self.channels.publish(self.channel(adapter, server), data))

    async def count(self, adapter: ClusterAdapter) -> int:
        """See `Bus.count`."""
        return max(await self.channels.count(self.request_channel(adapter)) - 1, 0)

    # Channels

    def fixed_channels(self, adapter: ClusterAdapter) -> list[str]:
        """Return the channels of a namespace that aren't those of rooms."""
        return [self.channel(adapter), self.channel(adapter, adapter.server_id)]

    def request_channel(self, adapter: ClusterAdapter) -> str:
        """Return the channel to which each server with a namespace has subscribed."""
        return self.channel(adapter)

    def channel(self, adapter: ClusterAdapter, part: str | None = None) -> str:
        """Return the channel of a namespace, or of a room or a server in it."""
        channel = f"{self.prefix}#{adapter.name}#"
        return channel if part is None else f"{channel}{part}#"

    def channel_for(self, adapter: ClusterAdapter, target: Target) -> str:
        """Return the channel for a broadcast."""
        if target.rooms is not None and len(target.rooms) == 1:
            (room,) = target.rooms
            if self._mode.has_channel(room):
                return self.channel(adapter, room)
        return self.channel(adapter)

    # Rooms

    def _room_created(self, adapter: ClusterAdapter, room: str) -> None:
        if self._mode.has_channel(room) and self.channel(adapter) in self._adapters:
            channel = self.channel(adapter, room)
            self._adapters[channel] = adapter
            if not self._wanted:
                self._tasks.start(self._subscribe())
            self._wanted[channel] = None

    def _room_deleted(self, adapter: ClusterAdapter, room: str) -> None:
        channel = self.channel(adapter, room)
        if self._mode.has_channel(room) and self._adapters.pop(channel, None) is not None:
            if channel in self._wanted:
                del self._wanted[channel]
            else:
                self.channels.unsubscribe([channel])

    async def _subscribe(self) -> None:
        wanted, self._wanted = self._wanted, {}
        with suppress(ClusterError):  # the channels themselves tell of a lost connection
            await self.channels.subscribe(wanted)

    # What comes

    def _receive(self, channel: str, data: bytes) -> None:
        adapter = self._adapters.get(channel)
        if adapter is None:
            return
        try:
            found = self.read(adapter, channel, data)
        except InvalidMessageError as error:
            adapter.warn(
                "foreign", f"A message of another server is ignored: {printable(str(error)[:200])}"
            )
        else:
            if found is not None:
                adapter.receive(*found)

    def read(
        self,
        adapter: ClusterAdapter,
        channel: str,  # noqa: ARG002  # other buses need it
        data: bytes,
    ) -> tuple[str, Message] | None:
        """Read a message; return the server that it comes from, and what it says; `None` for one
        that says nothing to this server.

        Raises:
            InvalidMessageError: it isn't a message of this cluster.
        """
        if data.endswith(f'"uid":"{adapter.server_id}","nsp":"{adapter.name}"}}'.encode()):
            return None  # its own
        if (sliced := slice_message(data)) is not None:
            server, namespace, broadcast = sliced
            is_foreign = server != adapter.server_id and namespace == adapter.name
            return (server, broadcast) if is_foreign else None
        envelope = decode(data)
        is_foreign = envelope is not None and envelope.uid != adapter.server_id
        if envelope is None or not is_foreign or envelope.namespace != adapter.name:
            return None
        return envelope.uid, envelope.message

    def watch(self, published: asyncio.Future[None]) -> None:
        """Log an answer that wasn't published, for which nobody waits."""
        published.add_done_callback(self._warn_if_lost)

    def _warn_if_lost(self, published: asyncio.Future[None]) -> None:
        if not published.cancelled() and (error := published.exception()) is not None:
            self._log.write_warning(
                "answer", None, f"An answer to another server wasn't sent: {error}"
            )
