"""Rooms and broadcasts: what a namespace asks, and the implementation for one process."""

from ackord.runtime.adapters.base import Adapter, BroadcastFlags, Recipient, RoomEvent, Target
from ackord.runtime.adapters.memory import MemoryAdapter

__all__ = ["Adapter", "BroadcastFlags", "MemoryAdapter", "Recipient", "RoomEvent", "Target"]
