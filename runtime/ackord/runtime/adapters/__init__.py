"""Rooms and broadcasts: the contract of adapters, the adapter for one process, and the adapter for
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
