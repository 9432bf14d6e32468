"""Rooms and broadcasts: what a namespace asks, and the implementation for one process."""

from ackord.runtime.adapters.base import (
    AckCollector,
    Adapter,
    BroadcastFlags,
    Recipient,
    RoomEvent,
    Target,
)
from ackord.runtime.adapters.memory import MemoryAdapter

__all__ = [
    "AckCollector",
    "Adapter",
    "BroadcastFlags",
    "MemoryAdapter",
    "Recipient",
    "RoomEvent",
    "Target",
]
