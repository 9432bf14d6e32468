"""The bus of a cluster over one stream of Redis, in the way of Socket.IO's Redis Streams adapter.

Events, and commands about rooms and sockets, are entries of the stream, which every server reads.
An entry has the fields ``uid``, ``nsp``, ``type`` and ``data``. Requests and answers go over
channels instead (`PackedBus`): nobody can use them later.

A server performs its own entries when its reader comes to them. So the sockets of all servers get
events in the same order. The field ``n`` of an entry, which Node ignores, is the number by which a
server finds again what it wrote. If an entry can't be written, the server performs it for its own
sockets: after the entries that it wrote before, if the reader comes to them within `PAUSE`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from ackord.runtime.adapters.base import BroadcastFlags, LocalNamespace, Target
from ackord.runtime.adapters.cluster.adapter import ClusterAdapter
from ackord.runtime.adapters.cluster.bus import ChannelBus, SubscriptionMode
from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import (
    Answer,
    Broadcast,
    Command,
    Disconnect,
    Join,
    Leave,
)
from ackord.runtime.adapters.cluster.wire import encode_packed
from ackord.runtime.adapters.redis.entries import Fields, entries_of, entry_of, read_entry
from ackord.runtime.adapters.redis.link import RedisLink
from ackord.runtime.adapters.redis.sessions import StreamHistory
from ackord.runtime.containment import contain
from ackord.runtime.errors import ClusterError, UsageError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import printable, quoted
from ackord.runtime.protocol.socketio.event import EncodedEvent
from typing_extensions import override

Shared: TypeAlias = Broadcast | Join | Leave | Disconnect
"""Commands that are entries of the stream."""

MAX_PENDING: Final = 10_000
"""Entries of one server that its reader hasn't come to; then no more are written."""
PAUSE: Final = 0.5
"""Seconds until a command that Redis refused is sent again, and for which an entry that wasn't
written waits for those before it.
"""
READ_INTERVAL: Final = 0.005
"""Seconds between two reads while entries come all the time, because each read costs as much as
several entries.
"""
BURST: Final = 20
"""Reads in a row, each sooner than `READ_INTERVAL` after the one before, until the reader waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How a stream is written and read."""

    name: str
    max_len: int
    """Entries that the stream keeps, about."""
    read_count: int
    """Entries that are read at once."""
    block_time: float
    """Seconds for which Redis waits for an entry."""
    session_key_prefix: str
    """Begins the keys of the sessions of absent clients."""


@dataclass(slots=True)
class _Pending:
    """An entry of this server that its reader hasn't come to."""

    adapter: ClusterAdapter
    command: Shared
    is_lost: bool = False
    """Whether it wasn't written, or perhaps wasn't."""


class _Pace:
    """Waits between reads while entries come all the time."""

    __slots__ = ("_due", "_soon")

    def __init__(self) -> None:
        self._due = 0.0
        self._soon = 0  # reads in a row that came before they were due

    async def wait(self, *, is_behind: bool) -> None:
        """Wait until the next read is due; a reader that is behind doesn't wait."""
        loop = asyncio.get_running_loop()
        left = self._due - loop.time()
        self._soon = self._soon + 1 if left > 0 else 0
        if self._soon > BURST and not is_behind:
            await asyncio.sleep(left)
        self._due = loop.time() + READ_INTERVAL


class PackedBus(ChannelBus):
    """Channels for requests and answers, which are MessagePack."""

    __slots__ = ()

    def __init__(self, channels: Channels, *, prefix: str) -> None:
        """See `ChannelBus`; rooms have no channels."""
        super().__init__(channels, prefix=prefix, mode=SubscriptionMode.STATIC)

    @override
    def publish(self, adapter: ClusterAdapter, command: Command) -> asyncio.Future[None]:
        data = encode_packed(command, adapter.server_id, adapter.name)
        return self.channels.publish(self.channel(adapter), data)

    @override
    def answer(self, adapter: ClusterAdapter, server: str, answer: Answer) -> None:
        data = encode_packed(answer, adapter.server_id, adapter.name)
        self.watch(self.channels.publish(self.channel(adapter, server), data))


class StreamAdapter(ClusterAdapter):
    """The rooms of one namespace, whose events and commands come in the order of the stream, those
    of this server included.
    """

    __slots__ = ("_history",)

    def __init__(self, namespace: LocalNamespace, bus: StreamBus, settings: StreamSettings) -> None:
        """Begin without rooms, and not yet in the cluster."""
        super().__init__(namespace, bus)
        self._history = StreamHistory(
            bus,
            namespace.name,
            stream=settings.name,
            count=settings.read_count,
            key_prefix=settings.session_key_prefix,
        )

    @property
    @override
    def history(self) -> StreamHistory:
        return self._history

    @override
    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        if flags.local:
            return super().broadcast(event, target, flags)
        self._namespace.check_event(event)
        return self._bus.publish(self, Broadcast(event, target, flags))

    @override
    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        if flags.local:
            super().join(target, flags, rooms)
        else:
            self._command(Join(target, rooms), flags)

    @override
    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        if flags.local:
            super().leave(target, flags, rooms)
        else:
            self._command(Leave(target, rooms), flags)

    @override
    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:
        if flags.local:
            super().disconnect(target, flags, close)
        else:
            self._command(Disconnect(target, close), flags)

    def needs(self, target: Target) -> bool:
        """Whether an event for `target` is of use in this process."""
        if self._namespace.must_prepare:
            return True
        if target.rooms is None:
            return bool(self._recipients)
        return not self.rooms.keys().isdisjoint(target.rooms)


class StreamBus:
    """Connects the namespaces of one server with those of the others over a stream and channels;
    implements `ackord.runtime.adapters.cluster.adapter.Bus`.

    Its method `make_adapter` is the option `adapter` of one `Server`.
    """

    __slots__ = (
        "_adapters",
        "_channels",
        "_is_open",
        "_joining",
        "_log",
        "_mended",
        "_numbers",
        "_pending",
        "_reader",
        "_reading",
        "_server_id",
        "_settings",
        "gaps",
        "position",
        "writer",
    )

    def __init__(self, url: str, channels: PackedBus, settings: StreamSettings) -> None:
        """Begin without connections; `url` is of Redis, see `RedisLink`."""
        self._log = LimitedLog(logging.getLogger("ackord.runtime.cluster"))
        self._channels = channels
        self._settings = settings
        self.writer = RedisLink(url, "entries of the stream", self._log)
        self._reader = RedisLink(url, "reading the stream", self._log, mended=self._go_on)
        self._mended = asyncio.Event()
        self._server_id: str | None = None
        self._adapters: dict[bytes, StreamAdapter] = {}
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count(1)  # also after `forget`: old entries may still come
        self._reading: asyncio.Task[None] | None = None
        self._is_open = False
        self._joining = asyncio.Lock()
        self.position = b"0-0"
        """The id of the entry that was read last, or that is performed now."""
        self.gaps = 0
        """How often entries may have been trimmed before they were read."""

    def make_adapter(self, namespace: LocalNamespace) -> StreamAdapter:
        """Make the adapter of a namespace.

        Raises:
            UsageError: another server has adapters of this bus.
        """
        self._check_server(namespace.server_id)
        return StreamAdapter(namespace, self, self._settings)

    def _check_server(self, server_id: str) -> None:
        # Only adapters that have joined count: a server that becomes a worker gets another id.
        if self._adapters and self._server_id != server_id:
            raise UsageError("these adapters belong to one server; make others for each server")

    # What an adapter asks; see `Bus`

    async def join(self, adapter: ClusterAdapter) -> None:
        """See `Bus.join`."""
        self._check_server(adapter.server_id)
        async with self._joining:
            self._server_id = adapter.server_id
            if not self._is_open:
                await self._open()
            await self._channels.join(adapter)
            if isinstance(adapter, StreamAdapter):
                self._adapters[adapter.name.encode()] = adapter

    async def _open(self) -> None:
        self._mended = asyncio.Event()
        try:
            await self.writer.open()
            await self._reader.open()
            self.position = await self._find_start()
        except ClusterError:
            await self.writer.close()
            await self._reader.close()
            raise
        self._mended.set()
        self._is_open = True
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def leave(self, adapter: ClusterAdapter) -> None:
        """See `Bus.leave`."""
        async with self._joining:
            self._drop(adapter)
            await self._channels.leave(adapter)
            if not self._adapters and self._is_open:
                self._is_open = False
                if self._reading is not None:
                    self._reading.cancel()
                    await asyncio.wait([self._reading])
                await self.writer.close()
                await self._reader.close()
                self._log.close()

    def forget(self, adapter: ClusterAdapter) -> None:
        """See `Bus.forget`."""
        self._drop(adapter)
        self._channels.forget(adapter)
        if not self._adapters:
            self._is_open = False
            self._joining = asyncio.Lock()
            self._reading = None
            self.writer.discard()
            self._reader.discard()

    def _drop(self, adapter: ClusterAdapter) -> None:
        name = adapter.name.encode()
        # A dynamic namespace may have been made again before the one that was removed has left.
        if self._adapters.get(name) is adapter:
            del self._adapters[name]
        for number, pending in tuple(self._pending.items()):
            if pending.adapter is adapter:
                del self._pending[number]

    def may_reach(self, adapter: ClusterAdapter, target: Target) -> bool:  # noqa: ARG002  # the Protocol's signature
        """See `Bus.may_reach`: every server reads the stream."""
        return True

    def publish(self, adapter: ClusterAdapter, command: Command) -> asyncio.Future[None]:
        """See `Bus.publish`."""
        if isinstance(command, Join | Leave | Disconnect) or (
            isinstance(command, Broadcast) and command.request is None
        ):
            return self._write(adapter, command)
        return self._channels.publish(adapter, command)

    def _write(self, adapter: ClusterAdapter, command: Shared) -> asyncio.Future[None]:
        """Write an entry; what can't be written is performed at once."""
        number = next(self._numbers)
        written: asyncio.Future[Any]
        if len(self._pending) >= MAX_PENDING:
            written = asyncio.get_running_loop().create_future()
            written.set_exception(ClusterError("too many entries of the stream weren't read yet"))
        else:
            settings = self._settings
            entry = entry_of(
                command, adapter.server_id, adapter.name, settings.name, settings.max_len
            )
            written = self.writer.call(*entry, "n", number)
        self._pending[number] = _Pending(adapter, command)
        written.add_done_callback(partial(self._perform_if_lost, number))
        return written

    def _perform_if_lost(self, number: int, written: asyncio.Future[Any]) -> None:
        # A cancelled future, of a caller that waits no longer, says nothing about the entry.
        pending = self._pending.get(number)
        if pending is None or written.cancelled() or written.exception() is None:
            return
        pending.is_lost = True
        if len(self._pending) > MAX_PENDING:
            self._perform_up_to(number)
            return
        self._perform_lost()
        if number in self._pending:  # the reader is still to come to an earlier one
            asyncio.get_running_loop().call_later(PAUSE, self._perform_up_to, number)

    def _perform_lost(self) -> None:
        """Perform entries that weren't written, up to the first one that was."""
        while (number := next(iter(self._pending), None)) and self._pending[number].is_lost:
            self._perform_own(number)

    def _perform_up_to(self, number: int) -> None:
        for found in tuple(itertools.takewhile(lambda found: found <= number, self._pending)):
            self._perform_own(found)

    def answer(self, adapter: ClusterAdapter, server: str, answer: Answer) -> None:
        """See `Bus.answer`."""
        self._channels.answer(adapter, server, answer)

    async def count(self, adapter: ClusterAdapter) -> int:
        """See `Bus.count`."""
        return await self._channels.count(adapter)

    def watch_session(self, kept: asyncio.Future[Any]) -> None:
        """See `Reading.watch_session`; the link tells of a lost connection."""
        if kept.cancelled() or (error := kept.exception()) is None:
            return
        if self.writer.is_connected:
            self._log.write_warning("session", None, f"A session wasn't kept: {error}")

    # Reading

    async def _find_start(self) -> bytes:
        """Return the id of the last entry, after which this server reads. An empty stream gets an
        entry that all servers ignore: a session can only be restored from an entry that exists.
        """
        name = self._settings.name
        match await self._reader.call("XREVRANGE", name, "+", "-", "COUNT", 1):
            case [[bytes(entry), _]]:
                return entry
            case _:
                with suppress(ClusterError):  # a Redis without memory: everything else works
                    return bytes(await self._reader.call("XADD", name, "*", "uid", "", "nsp", ""))
                return b"0-0"

    def _go_on(self) -> None:
        self._mended.set()

    async def _read(self) -> None:
        settings = self._settings
        block = max(round(settings.block_time * 1000), 1)
        # Only a server with so many entries to read may have been overtaken by the trimming.
        lagging = min(settings.read_count, settings.max_len)
        pace, was_lost = _Pace(), False
        while True:
            if not self._reader.is_connected:
                was_lost = True
                self._mended.clear()
            await self._mended.wait()
            try:
                if was_lost:
                    await self._check_position("the connection was lost")
                    was_lost = False
                reply = await self._reader.call(
                    *("XREAD", "COUNT", settings.read_count, "BLOCK", block),
                    *("STREAMS", settings.name, self.position),
                )
                entries = list(entries_of(reply))
                if len(entries) >= lagging:
                    await self._check_position("this server was too slow to read it")
            except ClusterError as error:
                if self._reader.is_connected:  # such as a Redis that still loads its data
                    self._log.write_warning(
                        "refused", settings.name, f"The stream can't be read: {error}"
                    )
                    await asyncio.sleep(PAUSE)
                continue
            for entry, fields in entries:
                self.position = entry
                self._take(fields)
            await pace.wait(is_behind=len(entries) >= settings.read_count)

    async def _check_position(self, meanwhile: str) -> None:
        """Look whether the stream still has the entry that was read last. If not, entries after it
        may be gone as well: say so, and perform those of this server, which may be among them.
        """
        name = self._settings.name
        if self.position == b"0-0" or await self._reader.call(
            "XRANGE", name, self.position, self.position
        ):
            return
        self.gaps += 1
        self._log.write_warning(
            "trimmed",
            name,
            f"The stream {quoted(name)} was trimmed or removed while {meanwhile}; messages of "
            f"other servers may be lost ({self.gaps} times since the start). A larger max_len, on "
            "all servers, keeps more",
        )
        for number in tuple(self._pending):
            self._perform_own(number)

    def _take(self, fields: Fields) -> None:
        uid = fields.get(b"uid", b"").decode("utf-8", "replace")
        if uid == self._server_id:
            self._take_own(fields.get(b"n", b""))
            return
        adapter = self._adapters.get(fields.get(b"nsp", b""))
        if adapter is None:
            return
        try:
            message = read_entry(fields, adapter.needs)
        except InvalidMessageError as error:
            adapter.warn(
                "foreign", f"An entry of the stream is ignored: {printable(str(error)[:200])}"
            )
            return
        except BaseException as error:  # noqa: BLE001  # the reader must go on
            contain(error)
            self._log.crash("Reading an entry of the stream", error)
            return
        if message is not None:
            adapter.receive(uid, message)

    def _take_own(self, text: bytes) -> None:
        with suppress(ValueError):
            # Entries before this one, if they are still pending, aren't in the stream any more.
            self._perform_up_to(int(text))
            self._perform_lost()

    def _perform_own(self, number: int) -> None:
        """Perform what this server wrote, once."""
        pending = self._pending.pop(number, None)
        if pending is not None:
            # A dynamic namespace may have been made, or made again, since it was written.
            adapter = self._adapters.get(pending.adapter.name.encode(), pending.adapter)
            adapter.receive(adapter.server_id, pending.command)
