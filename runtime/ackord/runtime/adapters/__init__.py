"""Rooms and broadcasts: the contract of adapters, the adapter for one process, and adapters for
clusters of servers.
"""

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
from ackord.runtime.adapters.cluster.adapter import ClusterAdapter
from ackord.runtime.adapters.cluster.bus import ChannelBus, SubscriptionMode
from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.adapters.local import LocalBus
from ackord.runtime.adapters.memory import MemoryAdapter

__all__ = [
    "AckCollector",
    "Adapter",
    "BroadcastFlags",
    "ChannelBus",
    "Channels",
    "ClusterAdapter",
    "LocalBus",
    "LocalNamespace",
    "MemoryAdapter",
    "Recipient",
    "RoomEvent",
    "SocketDetails",
    "SubscriptionMode",
    "Target",
]
