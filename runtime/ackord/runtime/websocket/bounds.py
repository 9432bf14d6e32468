"""Bounds of one WebSocket beside the size of its messages, on both ways of hosting."""

from __future__ import annotations

from typing import Final

STALL_TIMEOUT: Final = 20.0
"""Seconds in which the network must take at least some of the written bytes."""
PROGRESS_TIMEOUT: Final = 30.0
"""Seconds in which at least some bytes of an unfinished message must come."""
CLOSE_TIMEOUT: Final = 10.0
"""Seconds after `close` for sending the written messages, and for the peer's answer to the close
frame.
"""
MAX_FRAGMENTS: Final = 16_384
"""Fragments of one message, as in the `ws` package since 8.23: the size of a message doesn't bound
empty ones.
"""
FRAMES_PER_TURN: Final = 256
"""Frames of one read after which other connections have their turn."""
BYTES_PER_TURN: Final = 131_072
"""Bytes of one read after which other connections have their turn: uvloop reads up to 32 times from
one connection, 256 KB each, before it looks at another.
"""
