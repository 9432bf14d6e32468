"""The contract of publishers, by which a process without a server reaches a cluster."""

from __future__ import annotations

from typing import Protocol

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.protocol.socketio.event import EncodedEvent


class Publisher(Protocol):
    """Sends events and commands to the servers of a cluster.

    Connects when it is first used, in the event loop that runs then, and again after `close`. Each
    method returns when the other side has taken the message.

    Raises:
        ClusterError: the message wasn't sent, or perhaps wasn't. Each method raises this.
    """

    async def publish(
        self, namespace: str, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> None:
        """Send an event to the clients of a namespace in `target`."""
        ...

    async def join(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        """Put every client in `target` into rooms."""
        ...

    async def leave(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        """Take every client in `target` out of rooms."""
        ...

    async def disconnect(self, namespace: str, target: Target, close: bool) -> None:
        """Disconnect every client in `target`; with `close`, close their connections."""
        ...

    async def server_side_emit(self, namespace: str, event: EncodedEvent) -> None:
        """Send an event to the servers themselves, all of them."""
        ...

    async def close(self) -> None:
        """Disconnect from the cluster."""
        ...
