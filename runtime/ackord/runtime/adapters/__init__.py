"""Rooms and broadcasts: what a namespace asks, the implementation for one process, and the one for
several servers in one event loop.
"""

from ackord.runtime.adapters.acks import AckRelay, RemoteAcks
from ackord.runtime.adapters.base import (
    AckCollector,
    Adapter,
    BroadcastFlags,
    LocalNamespace,
    Recipient,
    RoomEvent,
    SocketDetails,
    Target,
)
from ackord.runtime.adapters.local import LocalAdapter, LocalBus
from ackord.runtime.adapters.memory import MemoryAdapter

__all__ = [
    "AckCollector",
    "AckRelay",
    "Adapter",
    "BroadcastFlags",
    "LocalAdapter",
    "LocalBus",
    "LocalNamespace",
    "MemoryAdapter",
    "Recipient",
    "RemoteAcks",
    "RoomEvent",
    "SocketDetails",
    "Target",
]
