"""A worker's end of the broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, Final, cast

from ackord.runtime.adapters.broker import frames
from ackord.runtime.adapters.broker.frames import FrameError, FrameReader
from ackord.runtime.adapters.cluster.channels import Channels, Receive
from ackord.runtime.errors import ClusterError
from ackord.runtime.tasks import start_later
from typing_extensions import override

MAX_WAITING: Final = 100_000
"""Calls that may wait for the broker's answer."""
MAX_WAITING_BYTES: Final = 64_000_000
"""Bytes that may wait to be sent to the broker; one message may be larger."""
CONNECT_TIMEOUT: Final = 5.0
RETRY_INTERVAL: Final = 0.2

_CONNECTION: Final = "there is no connection to the broker of this server's workers"

_logger = logging.getLogger("ackord.runtime.cluster")


class BrokerChannels(Channels):
    """The channels between the workers of one machine, by the broker in their parent."""

    def __init__(self, path: Path) -> None:
        """Take the broker's socket; `open` connects."""
        self._path = path
        self._receive: Receive | None = None
        self._connection: _Connection | None = None
        self._subscribed: dict[str, None] = {}
        self._retrying: asyncio.Task[None] | None = None
        self.losses = 0
        """How often the connection was lost; messages may have been missed each time."""

    @override
    async def open(self, receive: Receive) -> None:
        self._receive = receive
        if self._connection is None and self._retrying is None:
            await self._connect()

    @override
    async def subscribe(self, channels: Iterable[str]) -> None:
        added = dict.fromkeys(channels)
        written = frames.write_channels(added)
        self._subscribed.update(added)
        connection = self._connection
        if connection is not None and added:
            # If the connection is lost, the next one begins with all subscriptions.
            await asyncio.wait([connection.ask(frames.SUBSCRIBE, written)])

    @override
    def unsubscribe(self, channels: Iterable[str]) -> None:
        removed = [channel for channel in channels if channel in self._subscribed]
        for channel in removed:
            del self._subscribed[channel]
        if self._connection is not None and removed:
            self._connection.ask(frames.UNSUBSCRIBE, frames.write_channels(removed))

    @override
    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        connection = self._connection
        named = frames.write_channel(channel)
        if connection is None:
            return _failed(_CONNECTION)
        if 5 + len(named) + len(data) > frames.MAX_FRAME:
            return _failed(f"a message has {len(data):,} bytes: too many for the broker")
        if connection.is_full:
            return _failed("too many messages wait for the broker of this server's workers")
        return connection.ask(frames.PUBLISH, named, data)

    @override
    def may_be_heard(self, channel: str) -> bool:
        return True  # the broker knows, and drops what nobody hears

    @override
    async def count(self, channel: str) -> int:
        connection = self._connection
        if connection is None:
            raise ClusterError(_CONNECTION)
        answer: Any = await connection.ask(frames.COUNT, frames.write_channel(channel))
        return int(answer)

    @override
    async def close(self) -> None:
        self._receive = None
        self._subscribed.clear()
        retrying, self._retrying = self._retrying, None
        if retrying is not None:
            retrying.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @override
    def discard(self) -> None:
        self._receive = None
        self._subscribed.clear()
        self._connection = self._retrying = None

    def message(self, channel: str, data: bytes) -> None:
        """Called for each message."""
        if self._receive is not None and channel in self._subscribed:
            self._receive(channel, data)

    def lost(self, connection: _Connection) -> None:
        """Called when a connection has ended."""
        if self._connection is not connection:
            return
        self._connection = None
        self.losses += 1
        _logger.error(
            "The connection to the broker is lost: this worker may have missed broadcasts and "
            "requests of the other workers. It connects again."
        )
        self._retrying = start_later(asyncio.get_running_loop(), self._retry())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, protocol = await loop.create_unix_connection(
                    lambda: _Connection(self, loop), str(self._path)
                )
        except OSError as error:  # also a TimeoutError
            raise ClusterError(f"the broker of this server's workers: {error}") from error
        self._connection = connection = protocol
        if self._subscribed:
            await asyncio.wait(
                [connection.ask(frames.SUBSCRIBE, frames.write_channels(self._subscribed))]
            )

    async def _retry(self) -> None:
        while True:
            try:
                await self._connect()
                break
            except ClusterError:
                await asyncio.sleep(RETRY_INTERVAL)
        self._retrying = None
        if self._connection is not None:
            _logger.warning("This worker is connected to the broker again")


class _Connection(asyncio.Protocol):
    """One connection to the broker, and the calls that wait for its answers."""

    def __init__(self, channels: BrokerChannels, loop: asyncio.AbstractEventLoop) -> None:
        self._channels = channels
        self._loop = loop
        self._frames = FrameReader()
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._transport: asyncio.Transport | None = None

    @property
    def is_full(self) -> bool:
        """Whether as much waits as may."""
        transport = self._transport
        return len(self._asked) >= MAX_WAITING or (
            transport is not None and transport.get_write_buffer_size() > MAX_WAITING_BYTES
        )

    def ask(self, kind: int, *parts: bytes) -> asyncio.Future[Any]:
        """Send a frame; the future has the count of the answer, or `None`."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._transport is None:
            answer.set_exception(ClusterError(_CONNECTION))
            answer.exception()  # it needn't be awaited
            return answer
        number = next(self._numbers) & 0xFFFFFFFF
        self._asked[number] = answer
        self._transport.write(frames.frame(kind, frames.write_number(number), *parts))
        return answer

    def close(self) -> None:
        """Send what waits, and disconnect."""
        if self._transport is not None:
            self._transport.close()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for kind, content in self._frames.feed(data):
                self._handle(kind, content)
        except (FrameError, UnicodeDecodeError):
            _logger.exception("The broker sends what it never should")
            if self._transport is not None:
                self._transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        asked = tuple(self._asked.values())
        self._asked.clear()
        for answer in asked:
            if not answer.done():
                answer.set_exception(
                    ClusterError(
                        "the connection to the broker of this server's workers is lost: the "
                        "message was sent, or perhaps wasn't"
                    )
                )
                answer.exception()  # it needn't be awaited
        self._channels.lost(self)

    def _handle(self, kind: int, content: bytes) -> None:
        if kind == frames.MESSAGE:
            name, end = frames.read_channel(content, 0)
            self._channels.message(name.decode(), content[end:])
        elif kind == frames.DONE:
            answer = self._asked.pop(frames.read_number(content), None)
            if answer is not None and not answer.done():
                answer.set_result(frames.read_number(content[4:]) if len(content) > 4 else None)
        else:
            raise FrameError("the kind of a frame is unknown")


def _failed(reason: str) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(ClusterError(reason))
    future.exception()  # it needn't be awaited
    return future
