"""The way between the servers of a cluster: named channels, to publish on and to subscribe to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

Receive: TypeAlias = Callable[[str, bytes], object]
"""Takes the channel and the data of a message; a plain function that doesn't raise."""


class Channels(Protocol):
    """One process's connection to the channels, shared by the namespaces of its servers.

    A message to a channel arrives at every process that has subscribed to it, the sender included,
    in the order of one sender; it is lost for those that are disconnected at that time. All methods
    are called in the event loop's thread.
    """

    async def open(self, receive: Receive) -> None:
        """Connect, and call `receive` for every message from now on.

        Returns when connected. Later losses of the connection are mended in the background, with
        all subscriptions.

        Raises:
            ClusterError: the other side can't be reached, or isn't what it should be.
        """
        ...

    async def subscribe(self, channels: Iterable[str]) -> None:
        """Receive the messages of channels; returns when they are sure to arrive, or when
        the connection is lost, which will subscribe again when it is mended.
        """
        ...

    def unsubscribe(self, channels: Iterable[str]) -> None:
        """Receive the messages of channels no longer."""
        ...

    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        """Send a message; the future is done when the other side has taken it.

        The future has a `ClusterError` if the message wasn't sent, or perhaps wasn't: there is no
        connection, or more waits than is allowed.
        """
        ...

    def may_be_heard(self, channel: str) -> bool:
        """Whether another process may have subscribed to a channel; false only if none has for
        sure. Then nothing is published on it.
        """
        ...

    async def count(self, channel: str) -> int:
        """Return how many processes have subscribed to a channel.

        Raises:
            ClusterError: there is no answer.
        """
        ...

    async def close(self) -> None:
        """Disconnect; `open` may follow, also in another event loop."""
        ...

    def discard(self) -> None:
        """Forget the connection: its event loop has ended, maybe without `close`."""
        ...
